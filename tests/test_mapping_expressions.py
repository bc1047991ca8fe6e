"""Mapping expressions: Microsoft's documented examples, what a null does, and what is refused."""

# ruff: noqa: E501 (a table of examples, one a line)

from typing import Any

import pytest

from scimlytics.reconcile.mapping import UNKNOWN, UnevaluableError, evaluate, parse

PHONE = r'"\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})"'


def value(expression: str, **attributes: Any) -> Any:
    """What an expression makes of one person."""
    [made] = evaluate(parse(expression), lambda name: [attributes[name]], 1)
    return made


@pytest.mark.parametrize(
    ("expression", "attributes", "expected"),
    [
        ('Append([upn], ".test")', {"upn": "John.Doe@contoso.com"}, "John.Doe@contoso.com.test"),
        ("BitAnd(&HF, &HF7)", {}, 7),
        ("CBool([a] = [b])", {"a": "x", "b": "x"}, True),
        ("Coalesce([mail],[upn])", {"mail": None, "upn": "John.Doe@contoso.com"}, "John.Doe@contoso.com"),
        ('ConvertToBase64("Hello world!")', {}, "SABlAGwAbABvACAAdwBvAHIAbABkACEA"),
        ('ConvertToUTF8Hex("Hello world!")', {}, "48656C6C6F20776F726C6421"),
        ('IIF([country]="USA",[country],[department])', {"country": "USA", "department": "HR"}, "USA"),
        ('IIF([country]="USA",[country],[department])', {"country": "DK", "department": "HR"}, "HR"),
        ('InStr("repEated","e",3,vbBinaryCompare)', {}, 7),
        ("Item([proxies], 1)", {"proxies": ["one", "two"]}, "one"),
        ('Left("John Doe", 3)', {}, "Joh"),
        ('NormalizeDiacritics("Zoë Łåström ß")', {}, "Zoe Lastrom ss"),
        ('Not("False")', {}, True),
        ("PCase([name])", {"name": "PABLO GONSALVES (SECOND)"}, "Pablo Gonsalves (Second)"),
        ("PCase([name],\" '-\")", {"name": "PINTO-DE'SILVA"}, "Pinto-De'Silva"),
        ("RemoveDuplicates([many])", {"many": ["a", "b", "a"]}, ["a", "b"]),
        ('Replace([title],"Product Developer", , , "Software Engineer", , )', {"title": "Product Developer"}, "Software Engineer"),
        ('Replace([id],"<username>", , , , , "<username>@contoso.com")', {"id": "jsmith"}, "jsmith@contoso.com"),
        (f'Replace([phone], , {PHONE}, , "${{phoneNumber}}", , )', {"phone": "+91 9998887777"}, "9998887777"),
        (r'Replace([mobile], , "[()\\s-]+", , "", , )', {"mobile": "+1 (999) 888-7777"}, "+19998887777"),
        (r'Replace([street], ,"(?<streetNumber>^\\d*)","streetNumber", "888", , )', {"street": "545 Tremont Street"}, "888 Tremont Street"),
        ('Replace([upn], , "(?<Suffix>@(.)*)", "Suffix", "", , )', {"upn": "jsmith@contoso.com"}, "jsmith"),
        (f'Replace([phone], , {PHONE}, "phoneNumber" , , [mobile], )', {"phone": "", "mobile": "+91 8887779999"}, "8887779999"),
        (f'Replace([phone], , {PHONE}, "phoneNumber" , , [mobile], )', {"phone": "5", "mobile": "+91 8887779999"}, "5"),
        ('Replace([nick], , "[a-zA-Z_]*", , "", , )', {"nick": "john_doe72"}, "72"),
        ('Replace([mail], "@contoso.com", , ,"", ,)', {"mail": "john.doe@contoso.com"}, "john.doe"),
        ('Split([many], ",")', {"many": "PermissionSetOne, PermissionSetTwo"}, ["PermissionSetOne", "PermissionSetTwo"]),
        ('Switch([state], "Sydney", "NSW", "Sydney","QLD", "Brisbane")', {"state": "QLD"}, "Brisbane"),
        ('Switch([flag], "Default", "true", "1", "", "0")', {"flag": None}, "0"),
        ('ToLower(Join("@", NormalizeDiacritics(StripSpaces(Join(".", [first], [last]))), "contoso.com"))', {"first": "John", "last": "Smith"}, "john.smith@contoso.com"),
        ('Word("The quick brown fox",3," ")', {}, "brown"),
        ('Word("This,string!has&many separators",3,",!&#")', {}, "has"),
        ("Append(Mid([given], 1, 3), Mid([surname], 1, 5))", {"given": "John", "surname": "Doe"}, "JohDoe"),
        ('Join(", ", "", [surname], [given])', {"given": "John", "surname": "Doe"}, "Doe, John"),
        ('Switch([IsOff], , "False", "True", "True", "False")', {"IsOff": "False"}, "True"),
        (r'Append("a \"quoted\" ", [x])', {"x": "b"}, 'a "quoted" b'),
    ],
)  # fmt: skip
def test_documented_examples_hold(
    expression: str, attributes: dict[str, Any], expected: Any
) -> None:
    assert value(expression, **attributes) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('Append([x], ".test")', UNKNOWN),
        ('IIF([x]="a","b","c")', UNKNOWN),
        ("IgnoreFlowIfNullOrEmpty([x])", UNKNOWN),
        ('ToLower(Append([x], "!"))', UNKNOWN),
        ("ToLower([x])", None),
        ("Left([x], 3)", ""),
        ('Word([x], 1, " ")', ""),
        ("IsNullOrEmpty([x])", True),
        ("IsPresent([x])", False),
        ('Coalesce([x], "none")', "none"),
    ],
)
def test_an_empty_attribute_does_what_is_documented_or_is_unknown(
    expression: str, expected: Any
) -> None:
    assert value(expression, x=None) is expected or value(expression, x=None) == expected


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("Guid()", "chance"),
        ("Now()", "clock"),
        ("SingleAppRoleAssignment([x])", "app roles"),
        ('FormatDateTime([x], , "yyyy", "MM")', "dates"),
        ("Frobnicate([x])", "Frobnicate is not known"),
        ("ToLower([x]", "bracket is missing"),
        ("ToLower([x]) nonsense", "'nonsense' stands where"),
        ("ToLower(", "stands where a value should stand"),
        ('Mid("abc")', "arguments"),
        ('Replace([x], , "(", , "", , )', "cannot be read"),
        ('Replace([y], , "(a|a)*$", , "", , )', "takes too long"),
        ("ToLower(" * 61 + "[x]" + ")" * 61, "too deep"),
    ],
)
def test_what_cannot_be_evaluated_says_why(expression: str, why: str) -> None:
    with pytest.raises(UnevaluableError, match=why):
        value(expression, x="v", y="a" * 60 + "b")

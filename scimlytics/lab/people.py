"""Who works at Contoso: names of many scripts, namesakes, guests, service and shared accounts.

No name belongs to anybody: given names and surnames are put together at random, and every address
lies under ``example.com`` or a domain that RFC 2606 keeps free.
"""

from __future__ import annotations

import unicodedata
from datetime import timedelta

from scimlytics.lab.world import Group, Person, World

DOMAIN = "example.com"
TENANT = "contoso.onmicrosoft.com"
PARTNERS = ("fabrikam.example", "adatum.example", "litware.example")

GIVEN = """
Ada Aino Amélie Anaïs Anders Anouk Arjun Astrid Aylin Bartosz Beatriz Benedikt Björn Bruno
Camille Carmen Chiara Chloé Cosmin Dagmar Danilo Daria Dieter Dragan Edith Eirik Elif Elodie
Emeka Enzo Esmé Fatima Felix Fionn Freja Gael Gesine Gonzalo Greta Hadiza Hana Håkon Hélène
Henrik Idris Ilse Ingrid Ivana Jakob Jarmila Jasmin João Jonas Jördis Kaja Kamil Karin Kasimir
Kenji Khadija Klara Lars Laszlo Leïla Liam Ludmila Łukasz Maeve Magnus Malin Marek Matthäus Mei
Milan Mirja Nadia Naoki Niamh Nils Noor Núria Olga Oskar Paloma Pavel Petra Priya Quentin Rafael
Ragnhild Renée Roan Sanna Selim Signe Siobhán Sofía Stellan Søren Tamar Teodor Thandi Tomáš Ulla
Uwe Valentin Vera Wiebke Xavier Yara Yusuf Zoë Zuzana Ömer Ísak Ágnes
"""
FAMILY = """
Abara Ahlgren Almeida Andersson Árnason Bakker Baumann Bianchi Bjørnstad Blažek Bondarenko
Brandt Byrne Castell Češić Cohen Dahl Demir Dubois Eklund Eriksen Esposito Farkas Ferreira
Fischer Fjord Gallagher García Grau Güneş Haddad Hansen Hinterberg Holub Horváth Ihle Ivanov
Jansson Jelínek Kaya Kjær Kowalski Kristoffersen Kvist Lang Laurent Lindqvist Lorenz Løvås Maes
Marsh Mbeki Meyer Moreau Mraz Müller Nakamura Nemeth Novák Núñez Nyström O'Brien Okafor Olsen
Ortega Øster Patel Petit Pohl Popescu Quist Rask Reyes Richter Rossi Roth Rybář Salonen Sand
Santos Sauer Schäfer Silva Sørensen Strand Suzuki Szabó Takeda Tamm Torres Toth Unger Vasquez
Vogel Wagner Weiß Wenz Yılmaz Zapata Zieliński Żak
"""
DEPARTMENTS = (
    "Finance",
    "Logistics",
    "Engineering",
    "Sales",
    "Legal",
    "Support",
    "Research",
    "Operations",
)
TITLES = ("Analyst", "Engineer", "Manager", "Specialist", "Assistant", "Director", "Consultant")
_LATIN = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae", "Æ": "Ae", "ı": "i"}
)


def ascii_name(text: str) -> str:
    """A name as it stands in an address: Latin letters, lower case."""
    plain = unicodedata.normalize("NFKD", text.translate(_LATIN))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum()).lower()


def populate(world: World, users: int) -> list[Person]:
    """People, guests, service and shared accounts; one in twelve is a guest."""
    taken: set[str] = set()
    people = []
    for number in range(users):
        if number % 40 == 17:
            people.append(_machine(world, number))
            continue
        guest = number % 12 == 5
        people.append(make_person(world, taken, guest=guest))
    return people


def make_person(world: World, taken: set[str], *, guest: bool = False) -> Person:
    """One more person, whose user name nobody in *taken* has."""
    draw = world.random
    given, family = draw.choice(GIVEN.split()), draw.choice(FAMILY.split())
    alias = f"{ascii_name(given)}.{ascii_name(family)}"
    turn = 1
    while alias in taken:
        turn += 1
        alias = f"{ascii_name(given)}.{ascii_name(family)}{turn}"
    taken.add(alias)
    mail = f"{alias}@{DOMAIN}"
    user_name = mail
    if guest:
        partner = draw.choice(PARTNERS)
        mail = f"{alias}@{partner}"
        user_name = f"{alias}_{partner}#EXT#@{TENANT}"
    elif draw.random() < 0.05:
        user_name = (
            f"{given.title()}.{ascii_name(family).title()}{turn if turn > 1 else ''}@{DOMAIN}"
        )
        user_name = user_name if user_name.isascii() and "'" not in user_name else mail
    created = world.past(40, 1200)
    return Person(
        id=world.uuid("person"),
        given=given,
        family=family,
        display=f"{given} {family}",
        user_name=user_name,
        mail=mail,
        nickname=alias,
        created=created,
        modified=created + timedelta(minutes=3),
        department=draw.choice(DEPARTMENTS),
        title=draw.choice(TITLES),
        employee=f"{draw.randint(1, 999_999):06d}",
        guest=guest,
        proxies=[f"SMTP:{mail}"],
    )


def _machine(world: World, number: int) -> Person:
    """A service account, or a shared mailbox (which is always disabled)."""
    shared = number % 80 == 17
    name = (
        f"shared-{ascii_name(world.random.choice(DEPARTMENTS))}-{number}"
        if shared
        else f"svc-{number}"
    )
    created = world.past(200, 1200)
    return Person(
        id=world.uuid("person"),
        given="",
        family="",
        display=f"Shared mailbox {number}" if shared else f"Service {number}",
        user_name=f"{name}@{DOMAIN}",
        mail=f"{name}@{DOMAIN}",
        nickname=name,
        created=created,
        modified=created,
        company=None,
        kind="shared" if shared else "service",
        enabled=not shared,
        proxies=[f"SMTP:{name}@{DOMAIN}"],
    )


def form_groups(world: World, people: list[Person]) -> list[Group]:
    """Groups of every kind, a nested one among them; which of them are assigned is decided later."""
    groups = []
    staff = [person for person in people if person.kind == "person"]
    for department in DEPARTMENTS:
        group = Group(world.uuid("group"), department, world.past(300, 900))
        chosen = [p for p in staff if p.department == department]
        group.members = {p.id: p.created for p in world.random.sample(chosen, len(chosen) // 2)}
        groups.append(group)
    others = (
        ("All company", "m365"),
        ("Announcements", "distribution"),
        ("Facilities desk", "mail_security"),
        ("Guests of Contoso", "dynamic"),
    )
    for name, kind in others:
        group = Group(world.uuid("group"), name, world.past(300, 900), kind=kind)
        some = (
            [p for p in staff if p.guest]
            if kind == "dynamic"
            else world.random.sample(staff, len(staff) // 6)
        )
        group.members = {p.id: p.created for p in some}
        group.rule = '(user.userType -eq "Guest")' if kind == "dynamic" else None
        groups.append(group)
    leads = Group(world.uuid("group"), "Team leads", world.past(300, 900))
    groups.append(leads)
    return groups

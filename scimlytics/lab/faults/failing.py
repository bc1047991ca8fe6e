"""Attempts that fail: what the target refuses or the provider cannot send, and what recovered."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from scimlytics.lab.faults.registry import mirrors, plants
from scimlytics.lab.stage import Stage
from scimlytics.lab.target import Answer, Refusal
from scimlytics.lab.world import AS_OF, Person

FOREVER = AS_OF + timedelta(days=400)
TOO_MANY = Answer(429, None, None, "Too many requests.", retry_after=30)
PASSING = (
    Answer(500, None, None, "Internal error."),
    Answer(502, None, None, "Bad gateway."),
    Answer(408, None, None, "The request took too long."),
)
NO_RIGHT = Answer(403, None, None, "The token may not administer this user.")
FULL = Answer(402, None, None, "All licences are in use.")
BAD_VALUE = Answer(422, None, "invalidValue", "emails.value is not acceptable.")
TAKEN = Answer(409, None, "uniqueness", "userName is already in use.")
NO_SUCH = Answer(400, None, "invalidPath", "Attribute division does not exist in this application.")
NOT_SCIM = Answer(502, None, "html", "<html><body>Sign in</body></html> where JSON was expected.")
NEEDS_GROUP = Answer(
    403,
    None,
    None,
    "User is not in any group required for provisioning (provision_group_required).",
)


def first_attempt(stage: Stage) -> datetime:
    """A moment after which the next retry falls due some hours after the export."""
    days = stage.world.random.randint(1, min(5, (AS_OF - stage.world.start).days - 2))
    return AS_OF - timedelta(days=days, hours=stage.world.random.randint(14, 18), minutes=7)


def refused(stage: Stage, cause: str, answer: Answer) -> Person:
    """A newcomer whom the target refuses each time."""
    person = stage.newcomer()
    at = first_attempt(stage)
    stage.target.refusals.append(Refusal(person.login, stage.world.start, FOREVER, answer))
    stage.at(at, lambda now: stage.directory.assign(person, now))
    stage.fault(cause, person, account=None, at=at)
    return person


def retried(stage: Stage) -> bool:
    """Whether a refused object is tried again at all."""
    return stage.source == "okta" or bool(stage.provider.job.delays)


def recovered(stage: Stage, cause: str, answer: Answer) -> None:
    """A newcomer whom the target refused for some hours; a retry went through."""
    if not retried(stage):
        return
    person = stage.newcomer()
    at = stage.when(0.3, 0.8)
    stage.target.refusals.append(Refusal(person.login, at, at + timedelta(hours=3), answer))
    stage.at(at, lambda now: stage.directory.assign(person, now))
    if stage.source == "okta":
        stage.at(at + timedelta(hours=8), lambda now: stage.directory.touch(person, now))
    stage.near(cause, person, note="a retry went through")


@plants("transient_error")
def passing_error(stage: Stage, turn: int) -> None:
    """The target answers with a passing error each time."""
    refused(stage, "transient_error", PASSING[turn % 3])


@mirrors("transient_error")
def passing_error_passed(stage: Stage) -> None:
    """It passed."""
    recovered(stage, "transient_error", PASSING[0])


@mirrors("transient_error", sources=("entra",))
def applied_and_timed_out(stage: Stage) -> None:
    """Carried out, but the answer was lost; the retry found the account equal."""
    if not retried(stage):
        return
    person = stage.newcomer()
    at = stage.when(0.3, 0.8)
    lost = Answer(502, None, None, "No answer in time.")
    stage.target.refusals.append(
        Refusal(person.login, at, at + timedelta(hours=3), lost, applied=True)
    )
    stage.at(at, lambda now: stage.directory.assign(person, now))
    stage.near("transient_error", person, note="applied although answered 502")


@plants("unauthorised")
def may_not(stage: Stage, turn: int) -> None:
    """The target refuses the provider's rights on one person; on others they hold good."""
    refused(stage, "unauthorised", NO_RIGHT)
    other = stage.world.random.choice(stage.crowd)
    at = AS_OF - timedelta(hours=8, minutes=turn % 60)
    stage.at(at, lambda now: stage.directory.touch(other, now))


@mirrors("unauthorised")
def may_again(stage: Stage) -> None:
    """Rights were given."""
    recovered(stage, "unauthorised", NO_RIGHT)


@plants("no_licence")
def no_seat(stage: Stage, turn: int) -> None:
    """No licence is left."""
    refused(stage, "no_licence", FULL)


@mirrors("no_licence")
def seat_bought(stage: Stage) -> None:
    """A licence was bought."""
    recovered(stage, "no_licence", FULL)


@plants("bad_payload")
def no_surname(stage: Stage, turn: int) -> None:
    """A required value is empty, or the target does not take it."""
    if turn % 2 or stage.source == "okta":
        refused(stage, "bad_payload", BAD_VALUE)
        return
    person = stage.newcomer()
    person.family = ""
    at = stage.when(0.2, 0.93)
    stage.at(at, lambda now: stage.directory.assign(person, now))
    stage.fault("bad_payload", person, account=None, at=at, note="no surname")


@mirrors("bad_payload", sources=("entra",))
def surname_filled(stage: Stage) -> None:
    """The surname was filled in, and the account made."""
    person = stage.newcomer()
    family, person.family = person.family, ""
    at = stage.when(0.2, 0.6)
    stage.at(at, lambda now: stage.directory.assign(person, now))
    filled = {"family": family}
    stage.at(at + timedelta(days=1), lambda now: stage.directory.change(person, now, filled))
    stage.near("bad_payload", person, note="filled in since")


@plants("no_match_key", sources=("entra",))
def no_mail(stage: Stage, turn: int) -> None:
    """A matching attribute is empty."""
    person = stage.newcomer()
    person.mail, person.proxies = None, []
    at = stage.when(0.2, 0.93)
    stage.at(at, lambda now: stage.directory.assign(person, now))
    stage.fault("no_match_key", person, account=None, at=at)


@mirrors("no_match_key", sources=("entra",))
def mail_filled(stage: Stage) -> None:
    """The mail address came a day later."""
    person = stage.newcomer()
    mail, person.mail = person.mail, None
    at = stage.when(0.2, 0.6)
    stage.at(at, lambda now: stage.directory.assign(person, now))
    filled = {"mail": mail}
    stage.at(at + timedelta(days=1), lambda now: stage.directory.change(person, now, filled))
    stage.near("no_match_key", person, note="filled in since")


@plants("blocked_by_existing")
def name_held(stage: Stage, turn: int) -> None:
    """An account the provider's look-up does not show holds the name."""
    person = stage.newcomer()
    at = first_attempt(stage)
    made = at - timedelta(days=1) if turn % 2 == 0 else stage.world.past(100, 400)
    block = stage.foreign(person.login, person.display, made)
    block.hidden, block.sso = True, turn % 2 == 0
    block.active = turn % 2 == 0
    stage.at(max(made, stage.world.start), lambda now: stage.target.keep(block))
    stage.at(at, lambda now: stage.directory.assign(person, now))
    stage.fault("blocked_by_existing", person, account=None, others=lambda: [block.id], at=at)


@plants("blocked_by_existing")
def new_name_held(stage: Stage, turn: int) -> None:
    """Renamed to a name that an account of the target's own holds: the change is refused."""
    person = stage.person()
    at, names = first_attempt(stage), stage.married(person)
    block = stage.foreign(names["user_name"], person.display, stage.world.past(100, 400))
    block.hidden = True
    stage.at(stage.world.start, lambda now: stage.target.keep(block))
    stage.at(at, lambda now: stage.directory.change(person, now, names))
    stage.fault("blocked_by_existing", person, others=lambda: [block.id], at=at)


@mirrors("blocked_by_existing", sources=("entra",))
def name_held_and_adopted(stage: Stage) -> None:
    """An account of the same name was there, the look-up showed it, and it was adopted."""
    person = stage.newcomer()
    old = stage.foreign(person.login, person.display, stage.world.past(50, 300))
    old.given, old.family = person.given, person.family
    old.title, old.department = person.title, person.department
    stage.at(stage.world.start, lambda now: stage.target.keep(old))
    stage.at(stage.when(0.3, 0.8), lambda now: stage.directory.assign(person, now))
    stage.near("blocked_by_existing", person, note="found and adopted")


@plants("name_taken_elsewhere")
def name_of_another_site(stage: Stage, turn: int) -> None:
    """The name is refused as taken, and nobody in this target holds it."""
    refused(stage, "name_taken_elsewhere", TAKEN)


@plants("mapping_misconfigured")
def no_such_attribute(stage: Stage, turn: int) -> None:
    """What is sent names an attribute the target has not."""
    refused(stage, "mapping_misconfigured", NO_SUCH)


@plants("target_incompatible")
def page_for_people(stage: Stage, turn: int) -> None:
    """The target answers with a page for people."""
    refused(stage, "target_incompatible", NOT_SCIM)


@mirrors("target_incompatible")
def page_went_away(stage: Stage) -> None:
    """It answered properly later."""
    recovered(stage, "target_incompatible", NOT_SCIM)


@plants("target_requires_group", targets=("filescom",))
def no_required_group(stage: Stage, turn: int) -> None:
    """The target takes only people in a required group."""
    stage.target.required_group = "Files users"
    refused(stage, "target_requires_group", NEEDS_GROUP)


@plants("throttled", batch=True)
def storm_still_on(stage: Stage, count: int) -> None:
    """A bulk assignment some hours before the export; retries are still to come (or given up)."""
    begin = AS_OF - timedelta(hours=4)
    for turn in range(count):
        person = stage.newcomer()
        at = begin + timedelta(minutes=turn % 50, seconds=turn)
        stage.target.refusals.append(Refusal(person.login, begin, FOREVER, TOO_MANY))
        stage.at(at, partial(stage.directory.assign, person))
        stage.fault("throttled", person, account=None, at=at)


@plants("throttling_gap", people=4)
def storm_over(stage: Stage, turn: int) -> None:
    """A bulk assignment met too small a limit; the retries went through.

    The window is written down when the world has run, from the refusals that were logged.
    """
    begin = stage.when(0.2, 0.85)
    for number in range(4):
        person = stage.newcomer()
        at = begin + timedelta(minutes=20 * (number % 2) + 1, seconds=number)
        stage.target.refusals.append(
            Refusal(person.login, begin, begin + timedelta(hours=2), TOO_MANY)
        )
        stage.at(at, partial(stage.directory.assign, person))
        if stage.source == "okta":
            later = begin + timedelta(hours=6, minutes=number)
            stage.at(later, partial(stage.directory.touch, person))
        if retried(stage):
            stage.near("throttled", person, note="a retry went through")
        else:
            stage.fault("throttled", person, account=None, at=at)


def lost(stage: Stage) -> None:
    """Write down whom too small a limit of the target has kept out, where nobody planted it."""
    if stage.target.rate_limit is None:
        return
    known = {one.person.id for one in (*stage.truth.faults, *stage.truth.near) if one.person}
    newest = {claim.source_id: claim for claim in stage.provider.claims if claim.kind == "user"}
    for name, claim in newest.items():
        person = stage.directory.people[name]
        out = name not in stage.provider.links and stage.provider.wanted(person)
        if claim.code == "TooManyRequests" and out and name not in known:
            stage.fault("throttled", person, account=None, at=claim.at)


def windows(stage: Stage) -> None:
    """Write down the windows in which refusals for too many requests were logged."""
    times = sorted(claim.at for claim in stage.provider.claims if claim.code == "TooManyRequests")
    clusters: list[list[datetime]] = []
    for at in times:
        if not clusters or at - clusters[-1][-1] > timedelta(hours=3):
            clusters.append([])
        clusters[-1].append(at)
    for cluster in clusters:
        stage.fault(
            "throttling_gap",
            object_type="cycle",
            account=None,
            subject=stage.provider.job.id,
            at=cluster[0],
            until=cluster[-1],
            note=f"{len(cluster)} refused",
        )

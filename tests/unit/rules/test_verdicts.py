from glassbox.rules.actor import Actor, system_actor
from glassbox.rules.verdicts import Finding, InvalidInput, NotFound, Refused, Severity


def test_a_refusal_carries_its_sentence_and_findings() -> None:
    finding = Finding(code="x.y", severity=Severity.BLOCKS, subject="1A4", message="No.")
    refusal = Refused("Not now.", findings=(finding,))
    assert (str(refusal), refusal.message, refusal.findings) == ("Not now.", "Not now.", (finding,))
    assert finding.blocks
    assert issubclass(NotFound, Refused)


def test_bad_input_names_the_field_the_value_and_the_way_out() -> None:
    refusal = InvalidInput(field="tag", value="abc", way_out="A tag has 24 characters.")
    assert refusal.message == 'tag: "abc" cannot be used. A tag has 24 characters.'
    assert refusal.code == "input.invalid"


def test_a_very_long_value_is_cut_in_the_sentence() -> None:
    refusal = InvalidInput(field="note", value="x" * 5000, way_out="Write less.")
    assert len(refusal.message) < 200


def test_the_system_has_a_name_and_no_person() -> None:
    assert system_actor("sync").is_system
    assert str(system_actor("sync")) == "sync (job)"
    assert not Actor(user_id=1, name="Ana", via="web", session="s").is_system

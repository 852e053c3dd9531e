import pytest

from chironomia.agent.markup import read_markup
from chironomia.agent.transcript import Directive, transcribe
from chironomia.motion_library.vocabulary import Hands, ImageSchema


def test_a_span_covers_its_words_and_keeps_its_wishes() -> None:
    marked = read_markup('Now <gesture schema="UP" hands="both" intensity="0.8">prices are rising</gesture> again.')
    assert marked.text == "Now prices are rising again."
    assert marked.directives == (Directive((1, 4), schema=ImageSchema.UP, hands=Hands.BOTH, intensity=0.8),)


def test_a_point_belongs_to_the_next_word() -> None:
    assert read_markup('I <gesture id="shrug"/>really don’t know').directives == (Directive((1, 2), gesture="shrug"),)


def test_a_point_at_the_end_belongs_to_the_last_word() -> None:
    assert read_markup('I do not know. <gesture id="shrug"/>').directives[0].words == (3, 4)


def test_stillness_can_be_asked_for() -> None:
    assert read_markup('<gesture none="true">be still</gesture> now').directives == (Directive((0, 2), none=True),)


@pytest.mark.parametrize(
    "tag",
    ['<mark name="gesture:shrug"/>', '<bookmark mark="gesture.shrug"/>', "<mark name='gesture:shrug'/>", '<MARK NAME="gesture:shrug" />'],
)
def test_the_marks_of_ssml_and_azure_are_read(tag: str) -> None:
    marked = read_markup(f"well {tag} who knows")
    assert marked.directives == (Directive((1, 2), gesture="shrug"),)
    assert marked.text.split() == ["well", "who", "knows"]


def test_other_marks_and_tags_of_ssml_are_passed_over() -> None:
    spoken = '<prosody rate="slow">Good <emphasis>day</emphasis></prosody>'
    text = f'<?xml version="1.0"?><speak version="1.1"><!-- note -->{spoken}<mark name="x"/></speak>'
    assert read_markup(text).text == "Good day"
    assert read_markup(text).directives == ()


@pytest.mark.parametrize(
    "text", ["a < b & c > d", "I <3 you", "x<y", "if a<b then c", "AT&T", "<html>kept</html>", "a <- b", "5 < 6 and 7 > 3"]
)
def test_what_is_no_markup_stays_text(text: str) -> None:
    assert read_markup(text).text == text


def test_entities_are_read() -> None:
    assert read_markup("Tom &amp; Jerry &lt;3 &#233; &quot;hi&quot;").text == 'Tom & Jerry <3 é "hi"'


def test_a_break_becomes_silence_when_nothing_is_recorded() -> None:
    without, with_break = (transcribe(f"one {tag} two").words for tag in ("", '<break time="1500ms"/>'))
    assert with_break[1].start_s - with_break[0].end_s == pytest.approx(1.5)
    assert without[1].start_s == pytest.approx(without[0].end_s)


def test_gestures_may_nest_and_come_in_order() -> None:
    marked = read_markup('<gesture id="a">one <gesture id="b">two</gesture> three</gesture> <gesture id="c"/>four')
    assert [(d.gesture, d.words) for d in marked.directives] == [("a", (0, 3)), ("b", (1, 2)), ("c", (3, 4))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ok\n  <gesture schema=\"SIDEWAYS\">x</gesture>", r"line 2, column 3: schema is one of UP, DOWN.*got 'SIDEWAYS'"),
        ('<gesture id="a" size="big">x</gesture>', r"attributes id, schema, hands, intensity, none, got 'size'"),
        ('<gesture id="a" hands="three">x</gesture>', r"hands is one of left, right, both, either, none, got 'three'"),
        ('<gesture id="a" intensity="2">x</gesture>', r"intensity is a number from 0 to 1, got '2'"),
        ('<gesture id="a" intensity="loud">x</gesture>', r"intensity is a number from 0 to 1, got 'loud'"),
        ('<gesture id="a">never closed', r"line 1, column 1: <gesture> is not closed"),
        ("too many</gesture>", r"closes nothing"),
        ("<gesture>x</gesture>", r"needs an id, a schema or none"),
        ('<gesture id="a"></gesture> x', r"holds no words"),
        ('<gesture id="a">😀</gesture> x', r"holds no spoken word"),
        ('x <break time="soon"/> y', r'like "500ms"'),
    ],
)
def test_wrong_markup_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        read_markup(text)
    assert "\n" not in str(raised.value)

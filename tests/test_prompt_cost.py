import pytest

from chironomia.agent.passage import passages_of
from chironomia.agent.transcript import transcribe
from chironomia.evals.prompt_cost import cost_of
from chironomia.motion_library.build import bundled_gestures
from chironomia.motion_library.clip import Gesture
from chironomia.motion_library.embed import load_embedder
from chironomia.motion_library.library import Library, make_library
from chironomia.motion_library.notation import load_notation


@pytest.fixture(scope="module")
def library() -> Library:
    notes = [load_notation(path) for path in sorted(bundled_gestures().glob("*.yaml"))[:5]]
    made = tuple(Gesture(n.id, n.description, n.meanings, n.fits, n.wrong, n.function, n.schemas, n.hands) for n in notes)
    return make_library(made, load_embedder())


def test_the_guide_is_asked_once_a_sentence_and_the_rest_grows_with_the_words(library: Library) -> None:
    text = "Prices rose all year. Then the teams split up. Nobody knew why."
    cost = cost_of(text, library)
    assert cost.requests == len(passages_of(transcribe(text))) == 3
    assert cost.as_json()["prompt_tokens_a_minute"] == round((3 * cost.guide + cost.asked) / cost.minutes)
    assert cost.guide < 1500, "every request carries it"
    assert cost_of(f"{text} {text}", library).asked > 2 * cost.asked - 20


def test_a_text_without_words_costs_nothing_that_could_be_counted(library: Library) -> None:
    with pytest.raises(ValueError, match="with words"):
        cost_of("…", library)

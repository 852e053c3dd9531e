"""What an author marked up in the transcript, as calls."""
from chironomia.agent.evoked import picture_of
from chironomia.agent.transcript import Directive, Utterance
from chironomia.agent.word_class import is_content_word
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.library import Library
from chironomia.motion_library.vocabulary import GestureFunction


def directed_calls(utterance: Utterance, library: Library) -> list[GestureCall]:
    """The calls that an utterance's directives ask for; none in an utterance without words. ValueError for an unknown gesture."""
    return [_directed(d, utterance, library) for d in utterance.directives if not d.none and utterance.words]


def _directed(directive: Directive, utterance: Utterance, library: Library) -> GestureCall:
    """What an author marked up, as a call that is sure. A mark between words goes with the word after it, at the end the one before."""
    first = min(directive.words[0], len(utterance.words) - 1)
    after = min(max(directive.words[1], first + 1), len(utterance.words))
    content = [i for i in range(first, after) if is_content_word(utterance.words[i].spoken.lower())]
    gesture = library.gesture(directive.gesture) if directive.gesture else None
    schema = directive.schema or (gesture.schemas[0] if gesture and gesture.schemas else None)
    shown = gesture.description if gesture else picture_of(schema) if schema else ""
    return GestureCall(
        words=(first, after), anchor=content[-1] if content else after - 1,
        function=gesture.function if gesture else GestureFunction.METAPHORIC, schema=schema,
        show=shown, hands=directive.hands, intensity=directive.intensity,
        confidence=1.0, gesture=directive.gesture, why="directed by the author",
    )  # fmt: skip

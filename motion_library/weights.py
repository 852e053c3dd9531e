"""What each kind of evidence is worth when a gesture is searched for; docs/retrieval.md tells where the numbers come from."""
from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True)
class Weights:
    """Shares of the likeness of texts, and terms that are added to it in its unit, a cosine. Zero switches a kind of evidence off."""

    # Likeness: a weighted mean of the nearest text of each kind. A meaning is what a wish paraphrases; examples share the topic by
    # chance more often; a description tells of the form.
    meaning: float = 1.0
    fits: float = 0.6
    description: float = 0.3
    centre: float = 0.6  # share of the likeness to the mean of all the gesture's texts: the topic that they have in common
    words: float = 0.0175  # per unit of worth of the words and pairs of words that are shared (BM25: some 5 for one that is rare)
    context: float = 0.3  # share of the words spoken, when a wish says besides what to show
    wrong: float = 0.05  # taken off where a text that its author called wrong is nearest, and in addition by how much it is nearer
    # A named schema outweighs shared words (some 0.3 between "amount" and "a rise in amount").
    schema: float = 0.35
    second_schema: float = 0.28
    family: float = 0.05
    contrary: float = 0.15
    function: float = 0.08
    other_function: float = 0.06
    hint: float = 0.4  # of schema and function, where the wording alone suggests them
    hint_contrary: float = 0.35  # taken off gestures that show the contrary of what the wording suggests
    beat: float = 0.10  # taken off: a beat accompanies any words, so nobody who searches by meaning means it
    hands_missing: float = 0.25  # taken off: hands that are asked for by name are meant
    size: float = 0.10  # taken off per unit of amplitude that the nearest clip is larger or smaller than asked for
    recent: float = 0.08  # taken off the gesture used last, half for the one before, a third, a quarter
    transition: float = 0.08  # taken off per metre that the hand with the longer way must go to where the clip is ready

    def of_form(self) -> Self:
        """The weights for a wish that says how the body moves and not what is meant, as one without hands does ("the head shakes").

        The description then tells most; words that are shared tell nothing, for half of such gestures are called after the head; and
        whether a nod regulates talk or is an emblem is a matter of opinion. Chosen on 31 wishes: 77 % found, 52 % without.
        """
        return replace(self, description=2.0, words=0.0, function=0.5 * self.function, other_function=0.5 * self.other_function)

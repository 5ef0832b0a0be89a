"""Where the choices of a random statement come from: Hypothesis, so that what fails is made small."""

from hypothesis import strategies as st


class Source:
    """Chooses by a Hypothesis `draw`. The first of several is what a failure is reduced to: put the simple first."""

    def __init__(self, draw):
        self._draw = draw

    def number(self, smallest, largest):
        return self._draw(st.integers(smallest, largest))

    def pick(self, choices):
        return choices[self.number(0, len(choices) - 1)]

    def chance(self, percent):
        return self.number(1, 100) > 100 - percent

    def some(self, choices, at_least=1):
        """Some of the choices, in their order; at least so many where there are as many."""
        taken = [choice for choice in choices if self.chance(50)]
        for choice in choices:
            if len(taken) >= min(at_least, len(choices)):
                break
            if choice not in taken:
                taken.append(choice)
        return taken

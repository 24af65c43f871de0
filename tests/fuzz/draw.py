"""draw: random decisions of a case, all from its seed."""
import random


class Draw(random.Random):
    def chance(self, percent):
        return self.randrange(100) < percent

    def pick(self, *choices):
        return self.choice(choices)

    def weighted(self, weights):
        """A key of {key: weight}."""
        return self.choices(list(weights), list(weights.values()))[0]

    def subset(self, choices, percent):
        return [choice for choice in choices if self.chance(percent)]

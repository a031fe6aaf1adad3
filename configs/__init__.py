"""What the engine is told: profiles, weights, rubric. Importing it turns off what libraries send by themselves."""

from configs import no_egress

no_egress.apply()

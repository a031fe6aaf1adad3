"""Neural models: one file per family, the backends beside it."""

import configs as configs  # before any library: it turns off what they send by themselves

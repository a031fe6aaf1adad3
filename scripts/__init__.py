"""The `assay` command and the programs behind the shell entry points."""

import configs as configs  # before any library: it turns off what they send by themselves

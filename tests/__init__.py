"""Tests mirror the source."""

import configs as configs  # before any library: it turns off what they send by themselves

"""`assay prepare`: what `assay up` does to the database before it starts, for where Serve is started by others."""

import asyncio

from api.start import prepare as prepare_database
from scripts.database import DataDir, Profile, operator_settings
from scripts.up_command import console, tell


def prepare(profile: Profile = "embedded", data_dir: DataDir = None) -> None:
    """Migrate the database; in an empty one, open the first organization and print its key."""
    secrets = asyncio.run(prepare_database(operator_settings(profile, data_dir)))
    console.print("the database is up to date")
    tell(secrets)

"""Prebuild the dbt manifest that the definitions are made from: `python -m pipelines.manifest`.

Writes manifest.json into TIDEMARK_DBT_TARGET (default <TIDEMARK_HOME>/dbt), from TIDEMARK_DBT_PROJECT (default the
checkout's warehouse/). Needs no database.
"""

import sys

from api.shared.settings import SettingsError
from pipelines.settings import ManifestSettings
from pipelines.transform.errors import TransformError
from pipelines.transform.project import Project


def main() -> int:
    """Exit code 0, or 1 with the reason on the standard error."""
    try:
        settings = ManifestSettings.read()
        # The same warehouse as the runs', where it is known, spares their first one a second parse.
        Project.of(settings).parse(settings.warehouse_url, write_manifest=True)
    except (SettingsError, TransformError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What a fork of the warm process finds: imported by nothing but test_code_server's child."""

import sys


def report_warmth() -> None:
    """Exit with 0 where everything that a run needs was there before this module was imported."""
    from dbt_common.clients.jinja import template_cache

    from pipelines.transform import project

    is_warm = {"pipelines.warm", "dbt.cli.main", "dagster_postgres"} <= set(sys.modules)
    sys.exit(0 if is_warm and project._KEPT and template_cache.file_cache else 1)

"""Lake to marts: every dbt model is an asset, every dbt data test its check. dbt runs in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from orchestration.defs.resources import Night
from orchestration.stages import stage
from orchestration.warehouse import NodeResult, build, is_built, manifest_path, mart_rows, require_all_built
from orchestration.workspace import exclusive_run

MANIFEST: Mapping[str, Any] = json.loads(manifest_path().read_text("utf-8"))


class Layers(DagsterDbtTranslator):
    """Groups are the layers' names; descriptions are the models' own sentences."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props["fqn"][1]) if dbt_resource_props["resource_type"] == "model" else "seeds"

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props.get("description") or dbt_resource_props["name"])


LAYERS = Layers()


@dbt_assets(manifest=MANIFEST, dagster_dbt_translator=LAYERS, exclude="resource_type:unit_test", name="transform")
def transform(night: Night) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Build every model and run its data tests; one failed node stops everything that would be derived from it."""
    with exclusive_run(night.workspace), stage("transform") as report:
        results = build(night.workspace, night.settings)
        rows = mart_rows(night.workspace, night.settings) if is_built(results) else {}
        report.counts = {"models": sum(r.unique_id.startswith("model.") for r in results), **rows}
    for result in results:
        yield from _events(result, rows)
    require_all_built(results)


def _events(result: NodeResult, rows: dict[str, int]) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    kind, name = result.unique_id.split(".")[0], result.unique_id.split(".")[2]
    if kind in ("model", "seed") and result.status == "success":
        spec = LAYERS.get_asset_spec(MANIFEST, result.unique_id, None)
        metadata = {"seconds": result.seconds} | ({"rows": rows[name]} if name in rows else {})
        yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)
    elif kind == "test":
        key = get_asset_check_key_for_test(MANIFEST, LAYERS, result.unique_id, None)
        if key is not None:
            severity = dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=result.status == "pass",
                severity=severity,
                metadata={"failing rows": result.failures},
            )

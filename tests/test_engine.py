"""The two engines: the same ledgers and the same causes from DuckDB and from Spark."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import scimlytics as scim
from scimlytics.checks import run
from scimlytics.evidence import Evidence
from scimlytics.evidence.engine import Engine
from scimlytics.lab import simulate
from scimlytics.reconcile import LEDGERS, ledger


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small tenant with a little of everything."""
    made = tmp_path_factory.mktemp("tenant") / "made"
    simulate(made, users=200, seed=4)
    return made / "evidence"


@pytest.fixture(scope="module")
def spark() -> Iterator[Engine]:
    """An engine on Spark; without Java these tests are skipped, or fail where CI wants it."""
    if shutil.which("java") is None:
        if os.environ.get("SCIMLYTICS_REQUIRE_SYSTEM") == "1":
            pytest.fail("java is not installed (apt-get install openjdk-17-jre-headless)")
        pytest.skip("java is not installed (apt-get install openjdk-17-jre-headless)")
    pytest.importorskip("pyspark", reason="pyspark is not installed (make test installs it)")
    import ibis
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .appName("scimlytics")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.default.parallelism", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield Engine(ibis.pyspark.connect(session))
    session.stop()


def rows(evidence: Evidence, name: str) -> list[dict[str, Any]]:
    """A ledger's rows in a settled order; lists without order are sorted."""
    fetched: pa.Table = evidence.engine.fetch(ledger(evidence, name))
    found = [
        {key: sorted(value) if isinstance(value, list) else value for key, value in row.items()}
        for row in fetched.to_pylist()
    ]
    return sorted(found, key=lambda row: sorted((key, str(value)) for key, value in row.items()))


@pytest.mark.filterwarnings("ignore")
def test_spark_gives_the_same_ledgers_and_findings(folder: Path, spark: Engine) -> None:
    here, there = scim.read(folder), scim.read(folder)
    there._engine = spark

    found = [run(evidence).findings.to_pylist() for evidence in (here, there)]

    assert found[0]
    assert found[1] == found[0]
    for name in LEDGERS:
        assert rows(there, name) == rows(here, name), name

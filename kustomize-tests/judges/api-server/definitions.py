#!/usr/bin/env -S python3 -B
"""The definitions of custom resources that the judge's API server serves.

usage: definitions.py DIRECTORY   copies those of the Go modules in definitions.tsv there, once
"""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLE = HERE / "definitions.tsv"
SCHEMAS = HERE.parent / "schemas" / "crds"


def download(module, version, checksum):
    """The folder of a Go module, whose content is the one that the table names."""
    query = ["go", "mod", "download", "-json", f"{module}@{version}"]
    answer = json.loads(subprocess.run(query, cwd="/", stdout=subprocess.PIPE, check=False).stdout)
    if "Error" in answer:
        raise SystemExit(f"definitions: error: {answer['Error']}")
    if answer["Sum"] != checksum:
        raise SystemExit(f"definitions: error: {module}@{version} is {answer['Sum']}, not {checksum}")
    return Path(answer["Dir"])


def bring(directory):
    """Copies the files of all modules, unless they are there."""
    stamp = directory / TABLE.name
    if stamp.is_file() and stamp.read_text() == TABLE.read_text():
        return
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    with TABLE.open() as table:
        for row in csv.DictReader(table, delimiter="\t"):
            folder = download(row["module"], row["version"], row["sum"])
            for file in sorted(folder.glob(row["files"])):
                shutil.copyfile(file, directory / file.name)
    shutil.copyfile(TABLE, stamp)


def structural(schema):
    """A JSON schema of `../schemas` as the structural schema that it was made from: what the API server drops, it drops again."""
    if not isinstance(schema, dict):
        return schema
    result = {key: value for key, value in schema.items() if not key.startswith("$") and key not in ("type", "additionalProperties")}
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if "null" in types:
        result["nullable"] = True
    kinds = [it for it in types if it != "null"]
    if len(kinds) > 1:
        result["x-kubernetes-int-or-string"] = True
    elif kinds:
        result["type"] = kinds[0]
    else:
        result["x-kubernetes-preserve-unknown-fields"] = True
    for bound in ("Minimum", "Maximum"):
        if f"exclusive{bound}" in result:
            result[bound.lower()] = result[f"exclusive{bound}"]
            result[f"exclusive{bound}"] = True
    if "properties" in schema:
        result["properties"] = {name: structural(value) for name, value in schema["properties"].items()}
    if "items" in schema:
        result["items"] = structural(schema["items"])
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        result["additionalProperties"] = structural(more)
    elif more is None and kinds == ["object"]:
        result["x-kubernetes-preserve-unknown-fields"] = True
    for key in ("allOf", "anyOf", "oneOf"):
        if key in schema:
            result[key] = [without_types(part) for part in schema[key]]
    if "not" in schema:
        result["not"] = without_types(schema["not"])
    return result


def without_types(schema):
    """Conditions: a structural schema says types outside of them only."""
    if isinstance(schema, list):
        return [without_types(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: without_types(value) for key, value in schema.items() if key not in ("type", "properties")}
    if "properties" in schema:
        result["properties"] = {name: without_types(value) for name, value in schema["properties"].items()}
    return result


def version_of(schema, name, is_stored):
    """A version of a kind, as a definition has it."""
    schema = structural(schema)
    text = {"type": "string"}
    schema["properties"].update(apiVersion=text, kind=text, metadata={"type": "object"})
    schema.pop("required", None)
    return {"name": name, "served": True, "storage": is_stored, "schema": {"openAPIV3Schema": schema}}


def schemas():
    """The JSON schemas: group and kind to the names of versions with their schemas."""
    kinds = {}
    for file in sorted(SCHEMAS.glob("*/*.json")):
        schema = json.loads(file.read_text())
        key = file.parent.name, schema["properties"]["kind"]["enum"][0]
        kinds.setdefault(key, {})[file.stem.split("_")[1]] = schema
    return kinds


def definition_of(group, kind, versions):
    """A definition made of JSON schemas."""
    singular = kind.lower()
    plural = singular + "s"
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": singular},
            "scope": "Namespaced",
            "versions": [version_of(schema, name, index == 0) for index, (name, schema) in enumerate(versions.items())],
        },
    }


def completed(definitions):
    """The definitions, with the kinds and versions that only the JSON schemas have."""
    kinds = schemas()
    for definition in definitions:
        spec = definition["spec"]
        more = kinds.pop((spec["group"], spec["names"]["kind"]), {})
        served = {version["name"] for version in spec["versions"]}
        spec["versions"] += [version_of(schema, name, False) for name, schema in more.items() if name not in served]
        yield definition
    for (group, kind), versions in kinds.items():
        yield definition_of(group, kind, versions)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    bring(Path(sys.argv[1]))

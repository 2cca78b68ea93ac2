"""What other scanners find of the planted leaks, and what they find where there is nothing.

compare.py TOOLS DATA CORPUS CHECK [REAL]; see the script `compare`, which calls it. CORPUS holds the files that the example
`corpus` of sealed-secret-check wrote, CHECK is the program sealed-secret-check.
"""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import yaml


def detect_secrets(tools, directory):
    """The (file, line) pairs that detect-secrets reports, files relative to the directory."""
    report = subprocess.run(
        [tools / "venv/bin/detect-secrets", "scan", "--all-files", "."],
        cwd=directory, check=True, capture_output=True,
    )
    return {
        (file, finding["line_number"])
        for file, findings in json.loads(report.stdout)["results"].items()
        for finding in findings
    }


def secretlint(tools, directory):
    """The same of secretlint; its modules are found from its own directory."""
    report = subprocess.run(
        [tools / "node_modules/.bin/secretlint", "--secretlintrc", ".secretlintrc.json",
         "--format", "json", f"{directory.resolve()}/**/*"],
        cwd=tools, capture_output=True,
    )
    if report.returncode not in (0, 1):  # 1: something was found.
        sys.exit(report.stderr.decode())
    return {
        (os.path.relpath(of["filePath"], directory), message["loc"]["start"]["line"])
        for of in json.loads(report.stdout)
        for message in of["messages"]
    }


def sealed_secret_check(check, directory):
    """The files, relative to the directory, about which sealed-secret-check reports an error; for decoys also a warning."""
    severities = ": error: ", *([": warning: "] if directory.name == "decoys" else [])
    found = set()
    for file in sorted(directory.iterdir()):
        report = subprocess.run([check, file], capture_output=True, text=True).stderr
        if any(severity in report for severity in severities):
            found.add(file.name)
    return found


def rates(tools, corpus, check):
    """A table of the corpus: the share of the leaks that each scanner finds, and of the decoys that it takes for one."""
    row("corpus", "sealed-secret-check", *SCANNERS)
    row("---", "---", *["---"] * len(SCANNERS))
    for name, label in {"leaks": "leaks found", "decoys": "decoys taken for leaks"}.items():
        directory = corpus / name
        total = len(list(directory.iterdir()))
        found = [sealed_secret_check(check, directory)]
        found += [{Path(file).name for file, _ in scan(tools, directory)} for scan in SCANNERS.values()]
        row(f"{label} ({total})", *(f"{len(files)} ({100 * len(files) / total:.1f} %)" for files in found))
    print()


SCANNERS = {"detect-secrets 1.5.0": detect_secrets, "secretlint 13.0.6": secretlint}


def child(node, key):
    """A field of a YAML mapping node or an item of a sequence node, else None."""
    if isinstance(node, yaml.SequenceNode):
        return node.value[int(key)]
    return next((value for name, value in node.value if name.value == key), None)


def objects(file):
    """The object nodes of a YAML stream, items of a List included."""
    for document in yaml.compose_all(file.read_text()):
        items = child(document, "items")
        yield from [document] if items is None else items.value


def identity(node):
    metadata = child(node, "metadata")
    fields = (child(node, "kind"), child(metadata, "namespace"), child(metadata, "name"))
    return tuple(field and field.value for field in fields)


def lines_of(planted, entry, finding):
    """The lines, counted from 1, on which a planted leak stands."""
    file = planted / entry["file"]
    wanted = tuple(entry["object"].get(field) for field in ("kind", "namespace", "name"))
    node = next(o for o in objects(file) if identity(o) == wanted)
    for step in finding["path"].split("/")[1:]:
        node = child(node, step.replace("~1", "/").replace("~0", "~"))
    # A block scalar ends where the next node begins, any other on its own last line.
    last = node.end_mark.line + (node.style not in ("|", ">"))
    every = range(node.start_mark.line + 1, last + 1)
    text = file.read_text().splitlines()
    inside = finding.get("inside")
    if inside is None:
        return every
    for name in (inside, inside.rsplit(".", 1)[-1]):
        found = [n for n in every if name in text[n - 1]]
        if found:
            return found
    raise ValueError(f"{entry['file']}: {inside} not found")


def leaks(planted, expected, found):
    """Per rule: how many leaks there are, how many of them were found."""
    total, hit = Counter(), Counter()
    for entry in expected["leaks"]:
        for finding in entry["findings"]:
            total[finding["rule"]] += 1
            lines = lines_of(planted, entry, finding)
            hit[finding["rule"]] += any((entry["file"], line) in found for line in lines)
    return total, hit


def row(*cells):
    print("|", " | ".join(str(cell) for cell in cells), "|")


def main(tools, data, corpus, check, real=None):
    rates(tools, corpus, check)
    planted = data / "planted"
    expected = yaml.safe_load((planted / "expected.yaml").read_text())
    found = {name: scan(tools, planted) for name, scan in SCANNERS.items()}

    row("planted leaks found", *SCANNERS)
    row("---", *["---"] * len(SCANNERS))
    results = {name: leaks(planted, expected, found[name]) for name in SCANNERS}
    total = next(iter(results.values()))[0]
    for rule in sorted(total):
        row(f"{rule} ({total[rule]})", *(results[name][1][rule] for name in SCANNERS))
    row(f"**all ({total.total()})**", *(f"**{results[name][1].total()}**" for name in SCANNERS))

    print()
    row("false findings", *SCANNERS)
    row("---", *["---"] * len(SCANNERS))
    decoys = {
        name: [at for at in found[name] if at[0].startswith("decoys/")] for name in SCANNERS
    }
    row(f"lines in {len(expected['decoys'])} decoy objects", *(len(decoys[name]) for name in SCANNERS))
    sealed = {"20 shapes of public SealedSecrets": data / "public/shapes"}
    if real:
        sealed["84 public SealedSecrets"] = real
    for label, directory in sealed.items():
        row(f"lines in the {label}", *(len(scan(tools, directory)) for scan in SCANNERS.values()))

    for name in SCANNERS:
        missed = defaultdict(list)
        for entry in expected["leaks"]:
            for finding in entry["findings"]:
                if not any((entry["file"], n) in found[name] for n in lines_of(planted, entry, finding)):
                    missed[entry["file"]].append(f"{entry['object']['name']}{finding['path']}")
        print(f"\nmissed by {name}:", file=sys.stderr)
        for file, paths in missed.items():
            print(f"  {file}:", ", ".join(paths), file=sys.stderr)


main(*(Path(argument) for argument in sys.argv[1:]))

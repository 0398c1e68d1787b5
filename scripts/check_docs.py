"""Fail where the documentation says what is not so: dead links, unknown verbs and flags, a stale tree."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"steepest ([a-z]+)(?: ([a-z]+))?")


def main() -> int:
    """Print every fault; return 1 where there is one."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    faults = [fault for page in pages for fault in (*dead_links(page), *unknown_verbs(page))]
    faults += stale_tree(ROOT / "README.md")
    faults += stale_exit_codes(ROOT / "README.md")
    print("\n".join(faults) or f"docs: {len(pages)} pages agree with the code")
    return bool(faults)


def dead_links(page: Path) -> list[str]:
    """Return a line for each link of a page to a file that is not there."""
    return [
        f"{page.relative_to(ROOT)}: links to {target}, which is not there"
        for target in LINK.findall(page.read_text())
        if not (page.parent / target).exists()
    ]


def unknown_verbs(page: Path) -> list[str]:
    """Return a line for each ``steepest VERB`` inside a code span or block that is no verb."""
    from steepest.cli import VERBS

    text = page.read_text()
    spans = re.findall(r"```.*?```|`[^`\n]+`", text, flags=re.DOTALL)
    used = {verb for span in spans for verb, _ in COMMAND.findall(span)}
    return [f"{page.relative_to(ROOT)}: `steepest {verb}` is no verb" for verb in sorted(used - set(VERBS))]


def stale_exit_codes(page: Path) -> list[str]:
    """Return a line if a page does not have the table of exit codes as it stands in errors.py."""
    from steepest.errors import exit_codes_sentence

    sentence = exit_codes_sentence()
    return [] if sentence in " ".join(page.read_text().split()) else [f"{page.name}: lacks `{sentence}`"]


def stale_tree(page: Path) -> list[str]:
    """Return a line for each file that the README's tree names and that is not there, and each room it lacks."""
    block = re.search(r"```tree\n(.*?)```", page.read_text(), flags=re.DOTALL)
    if block is None:
        return [f"{page.name}: has no ```tree block"]
    faults, folders, named = [], {0: ROOT}, set()
    for line in block[1].splitlines():
        name = line.split("  #")[0].rstrip()
        depth = (len(name) - len(name.lstrip())) // 2
        path = folders[depth] / name.strip().rstrip("/")
        folders[depth + 1] = path
        if path.parent == ROOT / "src" / "steepest":
            named.add(path.name)
        if not path.exists():
            faults.append(f"{page.name}: the tree names {path.relative_to(ROOT)}, which is not there")
    package = ROOT / "src" / "steepest"
    there = {each.name for each in package.iterdir() if each.name != "__pycache__"}
    faults += [f"{page.name}: the tree lacks src/steepest/{name}" for name in sorted(there - named)]
    return faults


if __name__ == "__main__":
    sys.exit(main())

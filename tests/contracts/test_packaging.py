"""One root distribution that bundles the rooms, and rooms that stand alone: their tables say the same."""

import re
import tomllib

import pytest

import ganzoo
import ganzoo_serve


def table(path):
    return tomllib.loads((path / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def whole(root):
    return table(root)


@pytest.fixture(scope="module")
def rooms(root):
    """The tables of serve/ and plugins/*/, by folder."""
    return {path.parent.relative_to(root).as_posix(): table(path.parent) for path in rooms_of(root)}


def rooms_of(root):
    return [root / "serve" / "pyproject.toml", *sorted(root.glob("plugins/*/pyproject.toml"))]


def packages(table):
    return table["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def entry_points(table):
    return table["project"].get("entry-points", {}).get("ganzoo", {})


def requirements(table):
    """Specifier by (name with extras, marker)."""
    found = {}
    for requirement in table["project"]["dependencies"]:
        name, specifier, marker = re.fullmatch(
            r"([\w.-]+(?:\[.*?\])?)\s*([^;]*?)\s*(?:;\s*(.*))?", requirement
        ).groups()
        assert (name, marker) not in found
        found[name, marker] = specifier
    return found


def test_every_folder_of_plugins_is_a_distribution_of_its_own(root, plugin_packages):
    folders = {path.parent.name for path in rooms_of(root)[1:]}
    assert folders == {path.parent.name for path in plugin_packages.values()}
    assert folders == {path.name for path in (root / "plugins").iterdir() if path.is_dir()}


def test_the_root_bundles_every_package(whole, rooms):
    expected = {f"{folder}/{package}" for folder, table in rooms.items() for package in packages(table)}
    assert packages(whole)[0] == "ganzoo"
    assert sorted(packages(whole)[1:]) == sorted(expected)


def test_every_bundled_package_exists_and_is_typed(root, whole):
    for package in packages(whole):
        assert (root / package / "__init__.py").is_file()
        assert (root / package / "py.typed").is_file()


def test_the_root_has_every_entry_point(whole, rooms):
    expected = {}
    for folder, table in rooms.items():
        if folder != "serve":
            assert set(entry_points(table)) == {folder.removeprefix("plugins/")}
            expected |= entry_points(table)
    assert entry_points(whole) == expected


def test_every_room_has_the_roots_version(whole, rooms):
    assert ganzoo.__version__ == ganzoo_serve.__version__ == whole["project"]["version"]
    assert {table["project"]["version"] for table in rooms.values()} == {whole["project"]["version"]}
    for key in ("requires-python", "license"):
        assert {table["project"][key] for table in rooms.values()} == {whole["project"][key]}
    assert {tuple(table["build-system"]["requires"]) for table in rooms.values()} == {
        tuple(whole["build-system"]["requires"])
    }


def test_plugins_need_this_ganzoo_and_nothing_that_the_root_does_not(whole, rooms):
    known = requirements(whole)
    needed = f">={'.'.join(ganzoo.__version__.split('.')[:2])}"
    for folder, table in rooms.items():
        if folder == "serve":
            continue
        own = requirements(table)
        assert own.pop(("ganzoo", None)) == needed, folder
        assert own.items() <= known.items(), folder


def test_the_root_needs_all_that_the_server_needs_with_the_same_floors(whole, rooms):
    known, missing = requirements(whole), {}
    for requirement, floor in requirements(rooms["serve"]).items():
        if known.get(requirement) != floor:
            missing[requirement] = (floor, known.get(requirement))
    assert not missing


def test_every_dependency_has_a_floor_and_no_ceiling(whole, rooms):
    for table in (whole, *rooms.values()):
        for (name, _), specifier in requirements(table).items():
            assert re.fullmatch(r">=[\d.]+", specifier), f"{name}{specifier}"


def test_what_is_pinned_satisfies_every_floor(root, whole):
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(
        re.fullmatch(r"([\w.-]+)==([\w.+]+).*", line).groups() for line in lines if line and not line.startswith("#")
    )
    pinned = {name.casefold().replace("_", "-"): version for name, version in pinned.items()}
    for (name, marker), specifier in requirements(whole).items():
        bare = name.partition("[")[0]
        if marker is None or bare in pinned:
            assert numbers(pinned[bare]) >= numbers(specifier.removeprefix(">=")), bare


def numbers(version):
    return [int(part) for part in re.findall(r"\d+", version.partition("+")[0])]


def test_mypy_finds_every_package(whole, rooms):
    mypy = whole["tool"]["mypy"]
    assert sorted(mypy["mypy_path"]) == sorted(rooms)
    assert mypy["strict"] is True
    assert mypy["files"] == ["ganzoo", "serve/ganzoo_serve", "plugins"]


def test_the_import_contracts_speak_of_every_package(whole, plugin_packages):
    linter = whole["tool"]["importlinter"]
    plugins = sorted(plugin_packages)
    assert sorted(linter["root_packages"]) == ["ganzoo", *sorted([*plugins, "ganzoo_serve"])]
    contracts = {contract["name"]: contract for contract in linter["contracts"]}
    core, server = contracts["The core knows no plugin"], contracts["The server knows neither torch nor ganzoo"]
    assert (core["source_modules"], sorted(core["forbidden_modules"])) == (["ganzoo"], plugins)
    assert sorted(contracts["Plugins do not know each other"]["modules"]) == plugins
    assert (server["source_modules"], server["forbidden_modules"]) == (["ganzoo_serve"], ["torch", "ganzoo"])

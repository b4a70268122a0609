"""Which machine a host is: tolerances, names, the order of the rules, refusals."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from asv.machine import Machine
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed import config
from groundspeed.errors import ConfigError, HostMismatchError
from groundspeed.machine.choice import Reason, choose_machine
from groundspeed.machine.fingerprint import read_fingerprint
from groundspeed.machine.naming import automatic_name
from groundspeed.machine.profile import (
    asv_machine,
    described_differences,
    differences,
    same_size,
    size,
)
from groundspeed.records import Fingerprint, Gpu, MachineProfile
from tests.hosts import MIB, RTX_5090, epyc, ryzen

GIB = 2**30
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def workstation(tmp_path_factory: pytest.TempPathFactory) -> Fingerprint:
    return read_fingerprint(ryzen(tmp_path_factory.mktemp("ryzen")), lambda: (RTX_5090,))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Fingerprint:
    return read_fingerprint(epyc(tmp_path_factory.mktemp("epyc")), tuple)


@pytest.fixture(scope="module")
def shipped() -> MachineProfile:
    return config.load(ROOT).project.machines["rtx5090-ryzen-64gb"]


def profile(name: str = "box", **expected: Any) -> MachineProfile:
    nothing = dict.fromkeys(field.name for field in dataclasses.fields(MachineProfile))
    return MachineProfile(**{**nothing, "name": name, **expected})


# --- the shipped profile ----------------------------------------------------------------------------


def test_the_shipped_profile_fits_its_machine(workstation: Fingerprint, shipped: MachineProfile) -> None:
    assert differences(shipped, workstation) == ()


def test_another_host_is_refused_line_by_line(small: Fingerprint, shipped: MachineProfile) -> None:
    with pytest.raises(HostMismatchError) as caught:
        choose_machine(small, {shipped.name: shipped}, {}, shipped.name)
    assert caught.value.exit_code == 5
    assert str(caught.value) == (
        "This host is not rtx5090-ryzen-64gb, as the profile in groundspeed.toml describes it:\n"
        "  CPU: expected AMD Ryzen, found AMD EPYC Processor\n"
        "  RAM (±5 %): expected 64 GB, found 23.5 GiB visible\n"
        "  GPU: expected NVIDIA GeForce RTX 5090, found none that the NVIDIA driver shows\n"
        "Measure on that machine, or leave --machine out to store under this host's own name."
    )


@pytest.mark.parametrize(
    ("expected", "count"),
    [
        ({}, 0),
        ({"cpu": "ryzen  9 9950x"}, 0),
        ({"cpu": "EPYC"}, 1),
        ({"cores_physical": 16, "cores_logical": 32}, 0),
        ({"cores_physical": 8, "cores_logical": 16}, 2),
        ({"gpu": "rtx 5090"}, 0),
        ({"gpu": "RTX 5090", "gpu_memory_bytes": 24 * 10**9}, 1),
        ({"gpu": "H200", "gpu_memory_bytes": 24 * 10**9}, 1),
        ({"gpu_memory_bytes": 32 * 10**9}, 0),
        ({"gpu_memory_bytes": 32 * GIB}, 0),
        ({"ram_bytes": 62 * GIB}, 0),
        ({"ram_bytes": 68 * GIB}, 1),
    ],
)
def test_what_is_compared(workstation: Fingerprint, expected: dict[str, Any], count: int) -> None:
    assert len(differences(profile(**expected), workstation)) == count


def test_one_of_several_gpus_is_enough_but_it_must_have_both(workstation: Fingerprint) -> None:
    other = Gpu(name="NVIDIA T400", memory_bytes=2 * GIB, driver="x")
    silent = Gpu(name="NVIDIA GB10", memory_bytes=0, driver="x")
    host = dataclasses.replace(workstation, gpus=(other, RTX_5090, silent))
    assert not differences(profile(gpu="RTX 5090", gpu_memory_bytes=32 * 10**9), host)
    (found,) = differences(profile(gpu="T400", gpu_memory_bytes=32 * 10**9), host)
    assert str(found) == "GPU memory (±5 %): expected 32 GB, found 2.0 GiB"
    (found,) = differences(profile(gpu="GB10", gpu_memory_bytes=32 * 10**9), host)
    assert found.found == "not stated"


@pytest.mark.parametrize(
    ("expected", "visible", "same"),
    [
        # 64 GB of modules hold 64 GiB; kernels were seen to show 62.7 (desktop), 62.0, 61.2 GiB (with
        # 1 GiB for integrated graphics); cloud machines called 64 GB have 64 billion bytes or less
        (64 * 10**9, 64 * GIB, True),
        (64 * 10**9, int(62.7 * GIB), True),
        (64 * 10**9, int(61.2 * GIB), True),
        (64 * 10**9, 64 * 10**9, True),
        (64 * 10**9, int(60.8 * 10**9), True),
        (64 * 10**9, int(60.7 * 10**9), False),
        (64 * 10**9, 48 * GIB, False),
        (64 * 10**9, 96 * GIB, False),
        (32 * 10**9, 32_607 * MIB, True),  # an RTX 5090
        (32 * 10**9, 24_564 * MIB, False),  # an RTX 4090
        (64 * GIB, 64 * GIB, True),
        (64 * GIB, int(60.7 * GIB), False),
        (64 * GIB, int(67.3 * GIB), False),
    ],
)
def test_sizes_are_met_within_five_per_cent(expected: int, visible: int, same: bool) -> None:
    assert same_size(expected, visible) is same


def test_sizes_are_shown_as_they_are_sold() -> None:
    assert [size(64 * 10**9), size(64 * GIB), size(25_276_502_016)] == ["64 GB", "64.0 GiB", "23.5 GiB"]


# --- automatic names --------------------------------------------------------------------------------

NAMES = {
    "AMD EPYC Processor": "epyc",
    "AMD EPYC 7B13 64-Core Processor": "epyc-7b13",
    "AMD Ryzen 9 9950X 16-Core Processor": "ryzen9-9950x",
    "AMD Ryzen 7 7840HS w/ Radeon 780M Graphics": "ryzen7-7840hs",
    "AMD Ryzen 5 PRO 4650U with Radeon Graphics": "ryzen5-pro-4650u",
    "AMD Ryzen Threadripper PRO 7995WX 96-Cores": "ryzen-threadripper-pro-7995wx",
    "Intel(R) Xeon(R) Processor": "xeon",
    "Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz": "xeon-platinum-8370c",
    "Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz": "core-i7-9750h",
    "12th Gen Intel(R) Core(TM) i7-12700K": "core-i7-12700k",
    "Apple M2 Pro": "apple-m2-pro",
    "Neoverse-N1": "neoverse-n1",
    "ARM 0x61/0x32": "0x61-0x32",
    "../../etc": "etc",
    "処理装置": "cpu",
    "": "cpu",
}


@pytest.mark.parametrize("model", [*NAMES])
def test_a_processor_is_called_what_people_call_it(small: Fingerprint, model: str) -> None:
    assert automatic_name(dataclasses.replace(small, cpu_model=model)) == f"{NAMES[model]}-2c-24g"


GPUS = {
    "NVIDIA GeForce RTX 5090": "rtx5090",
    "NVIDIA GeForce RTX 4070 Ti SUPER": "rtx4070-ti-super",
    "NVIDIA GeForce RTX 4060 Laptop GPU": "rtx4060",
    "NVIDIA H200": "h200",
    "NVIDIA A100-SXM4-80GB": "a100-sxm4",
    "NVIDIA RTX 6000 Ada Generation": "rtx6000-ada",
    "Tesla T4": "tesla-t4",
    "FAKE GeForce RTX 5090": "fake-rtx5090",
}


@pytest.mark.parametrize("name", [*GPUS])
def test_a_gpu_is_called_what_people_call_it(small: Fingerprint, name: str) -> None:
    host = dataclasses.replace(small, gpus=(dataclasses.replace(RTX_5090, name=name),))
    assert automatic_name(host) == f"epyc-2c-24g-{GPUS[name]}"


def test_whole_names(workstation: Fingerprint, small: Fingerprint) -> None:
    assert automatic_name(workstation) == "ryzen9-9950x-16c-64g-rtx5090"
    two = dataclasses.replace(workstation, gpus=(RTX_5090, RTX_5090))
    assert automatic_name(two) == "ryzen9-9950x-16c-64g-2xrtx5090"
    assert automatic_name(dataclasses.replace(small, cores_physical=None)) == "epyc-2c-24g"


@pytest.mark.parametrize(
    ("gib", "word"),
    [
        (0.46, "512m"),
        (0.94, "1g"),
        (1.9, "2g"),
        (7.6, "8g"),
        (15.5, "16g"),
        (23.54, "24g"),
        (31.1, "32g"),
        (60.8, "64g"),
        (62.7, "64g"),
        (64.0, "64g"),
        (64.1, "64g"),
        (125.6, "128g"),
        (377.5, "384g"),
        (503.6, "512g"),
        (2015.0, "2048g"),
    ],
)
def test_memory_is_rounded_to_what_is_sold(small: Fingerprint, gib: float, word: str) -> None:
    assert automatic_name(dataclasses.replace(small, ram_bytes=int(gib * GIB))) == f"epyc-2c-{word}"


@settings(deadline=None, derandomize=True, max_examples=200)
@given(model=st.text(max_size=80), gpu=st.text(max_size=60), ram=st.integers(0, 2**50))
def test_a_name_is_always_safe_as_a_folders(model: str, gpu: str, ram: int) -> None:
    host = Fingerprint(
        cpu_model=model,
        cores_physical=None,
        cores_logical=1,
        caches=(),
        ram_bytes=ram,
        gpus=(Gpu(name=gpu, memory_bytes=1, driver=""),),
        os="",
        kernel="",
        arch="",
        virtualised=None,
        governor=None,
        turbo=None,
    )
    name = automatic_name(host)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")
    assert name[0].isalnum()
    assert name[-1].isalnum()
    assert len(name) < 120


@settings(deadline=None, derandomize=True, max_examples=100)
@given(
    modules=st.sampled_from([1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024]),
    kept=st.floats(0, 0.06),
)
def test_what_a_kernel_keeps_does_not_change_the_name(modules: int, kept: float) -> None:
    def named(ram: float) -> str:
        return automatic_name(
            Fingerprint(
                cpu_model="x",
                cores_physical=1,
                cores_logical=1,
                caches=(),
                ram_bytes=int(ram * GIB),
                gpus=(),
                os="",
                kernel="",
                arch="",
                virtualised=None,
                governor=None,
                turbo=None,
            )
        )

    assert named(modules * (1 - kept)) == named(modules)


# --- the order of the rules -------------------------------------------------------------------------


def test_nothing_known_gives_an_automatic_name(small: Fingerprint, shipped: MachineProfile) -> None:
    choice = choose_machine(small, {shipped.name: shipped}, {})
    assert (choice.name, choice.reason, choice.others) == ("epyc-2c-24g", Reason.AUTOMATIC, ())
    assert choice.description == asv_machine("epyc-2c-24g", small)


def test_a_profile_comes_before_the_automatic_name(workstation: Fingerprint, shipped: MachineProfile) -> None:
    profiles = {"other": profile("other", cpu="EPYC"), shipped.name: shipped}
    choice = choose_machine(workstation, profiles, {})
    assert (choice.name, choice.reason) == ("rtx5090-ryzen-64gb", Reason.PROFILE)


def test_a_folder_comes_before_a_profile(workstation: Fingerprint, shipped: MachineProfile) -> None:
    stored = {"old-name": asv_machine("old-name", workstation)}
    choice = choose_machine(workstation, {shipped.name: shipped}, stored)
    assert (choice.name, choice.reason, choice.others) == ("old-name", Reason.STORED, (shipped.name,))


def test_of_several_folders_a_profiles_comes_first_then_the_hosts_own_name(
    workstation: Fingerprint, shipped: MachineProfile
) -> None:
    own = automatic_name(workstation)
    stored = {name: asv_machine(name, workstation) for name in ("aaa", own, shipped.name)}
    assert choose_machine(workstation, {shipped.name: shipped}, stored).name == shipped.name
    assert choose_machine(workstation, {}, stored).name == own
    assert choose_machine(workstation, {}, {"b": stored["aaa"], "a": stored["aaa"]}).others == ("b",)


def test_a_folder_whose_profile_says_otherwise_is_not_this_host(
    workstation: Fingerprint, shipped: MachineProfile
) -> None:
    without_gpu = dataclasses.replace(workstation, gpus=())
    stored = {shipped.name: asv_machine(shipped.name, workstation)}
    choice = choose_machine(without_gpu, {shipped.name: shipped}, stored)
    assert (choice.name, choice.reason) == ("ryzen9-9950x-16c-64g", Reason.AUTOMATIC)


def test_the_same_box_with_another_gpu_is_another_machine(workstation: Fingerprint) -> None:
    without_gpu = dataclasses.replace(workstation, gpus=())
    for one, other in ((workstation, without_gpu), (without_gpu, workstation)):
        name = automatic_name(one)
        stored = {name: asv_machine(name, one)}
        assert choose_machine(one, {}, stored).reason is Reason.STORED
        assert choose_machine(other, {}, stored).name == automatic_name(other)
        with pytest.raises(HostMismatchError, match="GPU"):
            choose_machine(other, {}, stored, name)


def test_a_requested_folder_is_compared_when_there_is_no_profile(
    workstation: Fingerprint, small: Fingerprint
) -> None:
    stored = {"i7": asv_machine("i7", workstation)}
    assert choose_machine(workstation, {}, stored, "i7").reason is Reason.REQUESTED
    with pytest.raises(HostMismatchError, match="its folder under results/") as caught:
        choose_machine(small, {}, stored, "i7")
    assert "logical processors: expected 32, found 2" in str(caught.value)


def test_the_own_name_may_be_asked_for(small: Fingerprint) -> None:
    assert choose_machine(small, {}, {}, "epyc-2c-24g").name == "epyc-2c-24g"


def test_an_unknown_name_is_wrong_use(small: Fingerprint, shipped: MachineProfile) -> None:
    for asked, said in (
        ("rtx5090-ryzen-64", "Did you mean rtx5090"),
        ("zzz", "Known: epyc-2c-24g, i7, rtx5090"),
    ):
        with pytest.raises(ConfigError, match=said) as caught:
            choose_machine(small, {shipped.name: shipped}, {"i7": {}}, asked)
        assert caught.value.exit_code == 2


# --- asv's machine.json -----------------------------------------------------------------------------


def test_the_description_is_what_asv_would_write() -> None:
    host = read_fingerprint()
    theirs = Machine.get_defaults()
    ours = asv_machine("a-name", host)
    assert ours.keys() == theirs.keys()
    for field in ("arch", "num_cpu", "os", "ram"):
        assert ours[field] == theirs[field]
    assert theirs["cpu"].split() in ([], ours["cpu"].split())
    assert described_differences(theirs, host) == ()


@pytest.mark.parametrize(
    ("changed", "fits"),
    [
        ({}, True),
        ({"os": "Linux 3.16"}, True),
        ({"num_cpu": ""}, True),  # asv before 0.4 wrote none
        ({"ram": str(24_684_084)}, True),  # and KiB
        ({"ram": "24GB"}, True),
        ({"ram": "a lot"}, True),
        ({"cpu": "AMD  EPYC Processor "}, True),
        ({"ram": "16GB"}, False),
        ({"num_cpu": "4"}, False),
        ({"arch": "aarch64"}, False),
        ({"cpu": "AMD EPYC"}, False),
        ({"cpu": ""}, False),  # says too little to be this host
        ({"ram": ""}, False),
    ],
)
def test_which_folders_are_this_host(small: Fingerprint, changed: dict[str, str], fits: bool) -> None:
    stored = {"box": {**asv_machine("box", small), **changed}}
    assert (choose_machine(small, {}, stored).name == "box") is fits

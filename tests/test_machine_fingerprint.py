"""The fingerprint of made hosts, of this one, and of a driver that is a small C library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil
import pynvml
import pytest

from groundspeed.machine.fingerprint import read_fingerprint
from groundspeed.machine.gpus import read_gpus
from groundspeed.records import Fingerprint
from tests.hosts import RTX_5090, arm, epyc, memory, processors, ryzen, write_tree
from tests.made_driver import build_driver, run_with_driver

if TYPE_CHECKING:
    from pathlib import Path

GIB = 2**30


def test_a_workstation_with_a_gpu(tmp_path: Path) -> None:
    assert read_fingerprint(ryzen(tmp_path), lambda: (RTX_5090,)) == Fingerprint(
        cpu_model="AMD Ryzen 9 9950X 16-Core Processor",
        cores_physical=16,
        cores_logical=32,
        caches=("L1d 48K ×16", "L1i 32K ×16", "L2 1024K ×16", "L3 32768K ×2"),
        ram_bytes=65_017_308 * 1024,
        gpus=(RTX_5090,),
        os="Ubuntu 24.04.3 LTS",
        kernel="6.14.0-27-generic",
        arch="x86_64",
        virtualised=None,
        governor="performance",
        turbo=True,
    )


def test_a_virtual_machine_says_what_it_can(tmp_path: Path) -> None:
    assert read_fingerprint(epyc(tmp_path), tuple) == Fingerprint(
        cpu_model="AMD EPYC Processor",
        cores_physical=2,
        cores_logical=2,
        caches=(),
        ram_bytes=24_684_084 * 1024,
        gpus=(),
        os="Debian GNU/Linux 12 (bookworm)",
        kernel="6.1.0-38-cloud-amd64",
        arch="x86_64",
        virtualised="kvm",
        governor=None,
        turbo=None,
    )


def test_an_arm_core_without_a_model_name_is_named_by_its_part(tmp_path: Path) -> None:
    host = read_fingerprint(arm(tmp_path), tuple)
    assert (host.cpu_model, host.cores_logical, host.arch) == ("Neoverse-N1", 4, "aarch64")
    assert (host.cores_physical, host.virtualised, host.governor, host.turbo) == (None, None, None, None)
    assert host.os == "Linux"


@pytest.mark.parametrize(
    ("cpuinfo", "model"),
    [
        (processors(1, model="Intel(R)  Atom(TM) CPU   N2800"), "Intel(R) Atom(TM) CPU N2800"),
        (processors(1, model=None, more={"cpu": "POWER9, altivec supported"}), "POWER9, altivec supported"),
        (processors(1, model=None, more={"uarch": "sifive,u74-mc"}), "sifive,u74-mc"),
        (processors(1, model=None, more={"CPU implementer": "0x61", "CPU part": "0x32"}), "ARM 0x61/0x32"),
        (processors(1, model=None), "unknown x86_64"),
        ("", "unknown x86_64"),
    ],
)
def test_the_model_is_what_the_kernel_calls_it(tmp_path: Path, cpuinfo: str, model: str) -> None:
    tree = write_tree(tmp_path, {"proc/cpuinfo": cpuinfo, "proc/meminfo": memory(1000)})
    host = read_fingerprint(tree, tuple)
    assert host.cpu_model == model
    assert host.cores_logical == 1


BARE = "fpu sse2"
GUEST = "fpu sse2 hypervisor"
DMI = "sys/class/dmi/id"
CLOCKS = "sys/devices/system/clocksource/clocksource0/available_clocksource"
VIRTUAL: dict[str, tuple[str | None, dict[str, str], str | None]] = {
    "bare metal": (BARE, {}, None),
    "bare metal of a cloud": (
        BARE,
        {f"{DMI}/sys_vendor": "Amazon EC2", f"{DMI}/product_name": "m5.metal"},
        None,
    ),
    "no firmware, kvm's clock": (GUEST, {CLOCKS: "tsc kvm-clock "}, "kvm"),
    "vmware": (GUEST, {f"{DMI}/sys_vendor": "VMware, Inc."}, "vmware"),
    "hyper-v": (
        GUEST,
        {f"{DMI}/sys_vendor": "Microsoft Corporation", f"{DMI}/product_name": "Virtual Machine"},
        "hyperv",
    ),
    "xen by sysfs": (GUEST, {"sys/hypervisor/type": "xen\n"}, "xen"),
    "nobody says": (GUEST, {}, "unknown"),
    "windows subsystem": (GUEST, {"proc/sys/kernel/osrelease": "5.15.0-microsoft-standard-WSL2"}, "wsl"),
    "arm in a cloud": (
        None,
        {f"{DMI}/sys_vendor": "Amazon EC2", f"{DMI}/product_name": "m7g.large"},
        "amazon",
    ),
    "arm metal": (None, {f"{DMI}/sys_vendor": "Amazon EC2", f"{DMI}/product_name": "m7g.metal"}, None),
    "arm in qemu": (None, {"proc/device-tree/compatible": "linux,dummy-virt\0"}, "kvm"),
    "arm board": (None, {"proc/device-tree/compatible": "raspberrypi,5-model-b\0"}, None),
}


@pytest.mark.parametrize("case", [*VIRTUAL])
def test_what_virtual_machines_say(tmp_path: Path, case: str) -> None:
    flags, files, expected = VIRTUAL[case]
    base = {"proc/cpuinfo": processors(2, model="x", flags=flags), "proc/meminfo": memory(1000)}
    assert read_fingerprint(write_tree(tmp_path, base | files), tuple).virtualised == expected


@pytest.mark.parametrize(
    ("files", "turbo"),
    [
        ({"intel_pstate/no_turbo": "0"}, True),
        ({"intel_pstate/no_turbo": "1"}, False),
        ({"cpufreq/boost": "0"}, False),
        ({"cpufreq/policy0/boost": "1"}, True),
        ({"cpufreq/boost": ""}, None),
        ({}, None),
    ],
)
def test_turbo(tmp_path: Path, files: dict[str, str], turbo: bool | None) -> None:
    named = {f"sys/devices/system/cpu/{name}": content for name, content in files.items()}
    tree = write_tree(tmp_path, {"proc/meminfo": memory(1000), **named})
    assert read_fingerprint(tree, tuple).turbo is turbo


def test_processors_that_are_offline_or_differ(tmp_path: Path) -> None:
    base = "sys/devices/system/cpu"
    files = {f"{base}/online": "0-1,4\n", "proc/meminfo": memory(1000)}
    for number, governor in ((0, "powersave"), (1, "performance"), (4, "powersave"), (7, "ondemand")):
        files[f"{base}/cpu{number}/cpufreq/scaling_governor"] = governor
        files[f"{base}/cpu{number}/topology/core_cpus_list"] = str(number)
    host = read_fingerprint(write_tree(tmp_path, files), tuple)
    assert (host.cores_logical, host.cores_physical) == (3, 3)
    assert host.governor == "performance+powersave"


def test_this_host_agrees_with_psutil() -> None:
    host = read_fingerprint()
    assert host.cores_logical == psutil.cpu_count()
    assert host.cores_physical in {None, psutil.cpu_count(logical=False)}
    assert abs(host.ram_bytes - psutil.virtual_memory().total) < 2**20
    assert host.cpu_model
    assert host.os


# --- the driver -------------------------------------------------------------------------------------


def test_without_a_driver_there_is_no_gpu() -> None:
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        assert read_gpus() == ()
    else:
        pynvml.nvmlShutdown()
        pytest.skip("this host has an NVIDIA driver")


FIRST = {"name": "FAKE GeForce RTX 5090", "memory_bytes": 34_190_917_632, "driver": "FAKE 1.2.3"}
SECOND = {"name": "FAKE H200", "memory_bytes": 150_754_820_096, "driver": "FAKE 1.2.3"}
READ = (
    "import dataclasses, json; from groundspeed.machine.gpus import read_gpus; "
    "print(json.dumps([dataclasses.asdict(gpu) for gpu in read_gpus()]))"
)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_driver(tmp_path_factory.mktemp("driver"))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (0, [FIRST, SECOND]),
        (1, []),
        (3, [FIRST | {"memory_bytes": 0}, SECOND | {"memory_bytes": 0}]),
        (4, []),
        (9, []),
        (15, [SECOND]),
    ],
)
def test_the_real_pynvml_reads_a_made_driver(
    driver: Path, mode: int, expected: list[dict[str, object]]
) -> None:
    assert run_with_driver(driver, mode, READ) == expected

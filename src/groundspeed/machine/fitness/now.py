"""What is wrong with a host at this moment and may pass by itself: load, steal, memory, heat, power."""

from __future__ import annotations

from groundspeed.machine.activity import Counters, load_1min, read_memory, shares
from groundspeed.machine.fitness.finding import fine, note, unfit, unknown
from groundspeed.machine.fitness.look import Look
from groundspeed.machine.profile import size
from groundspeed.machine.sensors import limit_c, temperature_c
from groundspeed.machine.tree import text
from groundspeed.records import Finding

# Of all processors. From a quarter on, the shared cache, the memory and turbo's budget are no longer the
# measured code's; below a twentieth it is what an idle system does.
_BUSY, _ASTIR = 0.25, 0.05
# A hypervisor that keeps 2 % on average does so in slices of milliseconds: some samples double.
_STOLEN = 0.02
_SCARCE = 0.10  # of the memory: below it the kernel starts to write pages out
_NEAR_C = 5.0  # to the critical temperature: clocks come down before it
_NAMED = 3  # processes


def load(look: Look) -> Finding:
    """Who else is running, and how much of the processors they take."""
    before, after = look.before.counters, look.after.counters
    used = shares(before, after) if before and after else None
    if before is None or after is None or used is None:
        return unknown("load", f"{look.tree.system} has no /proc/stat to read it from")
    minute = load_1min(look.tree)
    seen = f"{used.busy * after.processors:.2f} of {after.processors} processors busy"
    seen += "" if minute is None else f", {minute:.2f} over the last minute"
    if used.busy < _ASTIR:
        return fine("load", seen)
    who = _busiest(look, before, after)
    advice = (
        f"wait for it, or end it: {who}" if who else "wait: whoever it was has ended, or is not shown here"
    )
    return unfit("load", seen, advice) if used.busy >= _BUSY else note("load", seen, advice)


def steal(look: Look) -> Finding:
    """How much of the time the hypervisor gave to others: now, and since boot."""
    before, after = look.before.counters, look.after.counters
    used = shares(before, after) if before and after else None
    if after is None or used is None:
        return unknown("steal", f"{look.tree.system} has no /proc/stat to read it from")
    since_boot = after.steal / after.ticks
    seen = f"{100 * used.steal:.1f} % now, {100 * since_boot:.2f} % since boot"
    advice = "measure at a quieter hour, or on processors that are not shared (a dedicated instance)"
    if used.steal >= _STOLEN:
        return unfit("steal", seen, advice)
    return note("steal", seen, advice) if since_boot >= _STOLEN else fine("steal", seen)


def memory(look: Look) -> Finding:
    """Whether memory is scarce, and whether pages go to and from the swap."""
    found = read_memory(look.tree)
    if found is None:
        return unknown("memory", f"{look.tree.system} has no /proc/meminfo to read it from")
    swap = f"{size(found.swap_used_bytes)} of swap in use" if found.swap_used_bytes else "no swap in use"
    seen = f"{size(found.available_bytes)} of {size(found.total_bytes)} available, {swap}"
    largest = "see what fills it: ps aux --sort=-rss | head"
    if moving := _grown(look.before.swapped_pages, look.after.swapped_pages):
        return unfit("memory", f"{seen}, {moving} pages moved while looking", largest)
    if found.available_bytes < _SCARCE * found.total_bytes:
        return note("memory", seen, largest)
    if found.swap_used_bytes:
        return note("memory", seen, "bring the pages back: sudo swapoff -a && sudo swapon -a")
    return fine("memory", seen)


def heat(look: Look) -> Finding:
    """Whether a processor is slowed down for heat, or about to be."""
    now, limit, count = temperature_c(look.sensors), limit_c(look.sensors), look.after.throttles
    if now is None and count is None:
        return unknown("heat", "no sensor and no count of throttling" + _kept_by(look))
    parts = [f"{now:.0f} °C" + (f" of {limit:.0f} °C" if limit else "")] if now is not None else []
    parts += [f"slowed down {count:,} times since boot"] if count else []
    seen, advice = ", ".join(parts) or "never slowed down", "let it cool, clean the fans, or switch turbo off"
    if _grown(look.before.throttles, count) or (now and limit and now >= limit - _NEAR_C):
        return unfit("heat", seen, advice)
    return note("heat", seen, advice) if count else fine("heat", seen)


def power(look: Look) -> Finding:
    """Mains or battery. A battery of a mouse is no matter."""
    supplies = sorted((look.tree.sys / "class/power_supply").glob("*"))
    batteries = [
        one for one in supplies if text(one / "type") == "Battery" and text(one / "scope") != "Device"
    ]
    if not batteries:
        return (
            fine("power", "no battery")
            if look.tree.system == "Linux"
            else unknown("power", f"{look.tree.system} does not say without /sys")
        )
    if any(text(one / "status") == "Discharging" for one in batteries):
        return unfit("power", "on battery: clocks are held down", "plug it in")
    return fine("power", "mains, with a battery")


def _busiest(look: Look, before: Counters, after: Counters) -> str:
    """The processes that used most between the two moments, as shares of one processor; one that was not
    there before used all its time since.
    """
    per_processor = (after.ticks - before.ticks) / after.processors
    earlier = {pid: one.ticks for pid, one in look.before.processes.items()}
    used = {
        pid: (one.ticks - earlier.get(pid, 0)) / per_processor for pid, one in look.after.processes.items()
    }
    named = [pid for pid in sorted(used, key=lambda pid: -used[pid]) if used[pid] >= _ASTIR][:_NAMED]
    return ", ".join(
        f"{look.after.processes[pid].name} (pid {pid}, {100 * used[pid]:.0f} % of one)" for pid in named
    )


def _kept_by(look: Look) -> str:
    return f": the hypervisor ({look.host.virtualised}) shows none" if look.host.virtualised else ""


def _grown(before: int | None, after: int | None) -> int:
    return 0 if before is None or after is None else after - before

"""`analyze import store ssh:HOST:DIR`: by a real sshd on loopback; only what is new, resumed
after a break, beside a running daemon, decisions too; hosts and keys that are not known are
refused, and a machine that lies is."""

import os
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
import bitbrains
from harness import ANALYZE, BUILD, Checks, Store
from sshd import Sshd, why_not, write

SEED = os.environ.get("HEADROOM_SEED", "4")
LIES = int(os.environ.get("HEADROOM_LIES", "24"))
checks = Checks()
print(f"# seed {SEED}")


def far_end(store, cut=None):
    """The `analyze` that the server's sessions find: what it sends is kept, or cut."""
    folder = store.path("far")
    os.makedirs(folder, exist_ok=True)
    filter_by = f"tee {store.path('sent')}"
    if cut:  # dd holds nothing back; the parent is the session
        filter_by = f"{{ dd bs=1 count={cut} 2>/dev/null; kill $PPID; }}"
    write(os.path.join(folder, "analyze"),
          f'#!/bin/sh\n{ANALYZE} "$@" | {filter_by}\n', 0o755)
    return folder


def sent(store):
    return os.path.getsize(store.path("sent"))


def brings(store, paths):
    """What comes over the channel is what stands there, and each time only what is new."""
    one = store.path("one")
    for name in ("gen-0", "gen-1", "gen-2"):
        store.json("import", "bitbrains", *paths[name][:2], store=one)
    there = {w["name"]: w for w in store.json("peaks", store=one)["workloads"]}
    store.json("import", "store", f"ssh:there:{one}")
    here = {w["name"]: w for w in store.json("peaks")["workloads"]}
    whole = sent(store)
    checks.check("a store comes over by ssh with its figures", here == there and whole > 0)
    local = store.path("local")
    store.json("import", "store", one, store=local)
    checks.check("as it does from a folder, byte for byte",
                 Store.tree(type("At", (), {"dir": local})) == store.tree())
    again = store.json("import", "store", f"ssh:there:{one}")
    checks.check("again: nothing changed, and little was sent",
                 not again["changed"] and sent(store) < whole / 10,
                 f"{sent(store)} of {whole} bytes")
    store.json("import", "bitbrains", paths["gen-2"][2], store=one)
    more = store.json("import", "store", f"ssh:there:{one}")
    changed = [w["name"] for w in more["workloads"] if w["changed"]]
    there = {w["name"]: w for w in store.json("peaks", store=one)["workloads"]}
    here = {w["name"]: w for w in store.json("peaks")["workloads"]}
    checks.check("what grew there grows here, alone", changed == ["gen-2"] and here == there)
    return whole


def grows(store):
    """A ring that went on by a few rows sends a few blocks."""
    sampled = store.path("sampled")
    command = [os.path.join(BUILD, "collectord"), "--data", sampled, "--name", "web1",
               "--interval", "1", "--foreground"]
    environment = dict(os.environ, RUNTIME_DIRECTORY=store.path("run"))
    os.makedirs(store.path("run"))
    daemon = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    if daemon.poll() is not None:
        checks.skip("beside a running daemon", f"collectord: {daemon.stderr.read()[-200:]!r}")
        return
    done = store.run("import", "store", f"ssh:there:{sampled}")
    first = sent(store)
    time.sleep(3)
    again = store.json("import", "store", f"ssh:there:{sampled}")
    second = sent(store)
    daemon.send_signal(signal.SIGTERM)
    daemon.communicate(timeout=30)
    checks.check("a store comes over while its daemon writes it",
                 done.returncode == 0 and again["changed"] and daemon.returncode == 0,
                 done.stderr)
    size = sum(len(bytes_) for bytes_ in
               Store.tree(type("At", (), {"dir": sampled})).values())
    print(f"# sent {first} bytes, then {second}, of archives of {size}")
    checks.check("what is unknown is not sent, and then only what is new",
                 0 < second < size / 1000 and first < size / 100, f"{first} {second}")
    store.json("import", "store", f"ssh:there:{sampled}")
    there = store.json("peaks", "web1", store=sampled)["workloads"]
    here = store.json("peaks", "web1")["workloads"]
    checks.check("with the same figures, and a store that is whole",
                 there == here and len(here) == 1 and store.json("fsck")["ok"] and
                 store.json("fsck", store=sampled)["ok"])


def decides(store):
    """Windows left out and reviews hold here as they were decided there."""
    one = store.path("one")
    peaks = store.json("peaks", "gen-0", store=one)["workloads"][0]
    window = (str(peaks["from"]), str(peaks["from"] + 7200)) if "from" in peaks else \
        ("2013-08-12T14:00Z", "2013-08-12T18:00Z")
    made = [store.run("exclude", "gen-0", *window, "--reason", "restore", "--by", "ana",
                      store=one),
            store.run("review", "gen-1", "MEM-5-SHORT", "accept", "--by", "ana", "--reason",
                      "month end", "--any-profile", store=one)]
    checks.check("decisions are made there", all(m.returncode == 0 for m in made),
                 "".join(m.stderr for m in made))
    done = store.json("import", "store", f"ssh:there:{one}")
    taken = {w["name"]: (w["exclusions"], w["reviews"]) for w in done["workloads"]}
    checks.check("exclusions and reviews come along",
                 taken["gen-0"] == (1, 0) and taken["gen-1"] == (0, 1), str(taken))

    def decided(at):
        return (store.json("exclude", store=at), store.json("review", store=at))

    def plain(value):  # numbers are given by each store
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items() if k != "id"}
        return [plain(v) for v in value] if isinstance(value, list) else value

    checks.check("they say the same here", plain(decided(one)) == plain(decided(store.dir)),
                 f"{decided(one)} {decided(store.dir)}")
    checks.check("and once", not store.json("import", "store", f"ssh:there:{one}")["changed"])
    number = store.json("exclude")["exclusions"][0]["id"]
    store.run("exclude", "--undo", str(number))
    again = store.json("import", "store", f"ssh:there:{one}")
    checks.check("what was taken back here stays so",
                 not again["changed"] and not store.json("exclude")["exclusions"])
    store.run("review", "gen-1", "MEM-5-SHORT", "withdraw", "--by", "ana", "--reason", "no",
              "--any-profile", store=one)
    again = store.json("import", "store", f"ssh:there:{one}")
    checks.check("what was taken back there is so here",
                 plain(store.json("review", store=one)) == plain(store.json("review")),
                 str(again))


def resumes(store, paths, whole):
    """A channel that breaks: what came whole is kept, the rest comes the next time."""
    two, other = store.path("two"), store.path("resumed")
    for name in ("gen-0", "gen-1", "gen-2"):
        store.json("import", "bitbrains", *paths[name][:2], store=two)
    far_end(store, cut=whole * 2 // 3)
    broken = store.run("import", "store", f"ssh:there:{two}", store=other)
    kept = [w["name"] for w in store.json("status", store=other)["workloads"]]
    far_end(store)
    checks.check("a break keeps what came whole",
                 broken.returncode == 1 and "goes on from there" in broken.stderr and
                 0 < len(kept) < 3 and store.json("fsck", store=other)["ok"],
                 f"{kept}: {broken.stderr}")
    done = store.json("import", "store", f"ssh:there:{two}", store=other)
    checks.check("the same command goes on from there",
                 sum(w["new"] for w in done["workloads"]) == 3 - len(kept) and
                 sent(store) < whole * 3 / 4 and
                 store.json("peaks", store=other) == store.json("peaks", store=two),
                 f"{sent(store)} of {whole} bytes")


def refuses(store, server):
    """Nobody who is not known is believed, and the reason is told."""
    one = store.path("one")
    tree = store.tree()

    def refused(name, word, address=f"ssh:there:{one}"):
        begin = time.monotonic()
        done = store.run("import", "store", address)
        checks.check(name, done.returncode == 1 and word in done.stderr and
                     len(done.stderr.splitlines()) == 1 and store.tree() == tree and
                     time.monotonic() - begin < 20, done.stderr)

    refused("a folder without a store is refused", "found none",
            f"ssh:there:{store.path('traces')}")
    refused("a folder's name is one word to the shell there", "x; touch here #'",
            f"ssh:there:{store.path('x; touch here #')}'")
    checks.check("and runs nothing", not os.path.exists("here"))
    refused("a host that looks like an option is refused", "expected ssh:HOST",
            "ssh:-oProxyCommand=true:/x")
    with open(os.path.join(server.top, "other.pub")) as key:
        server.know(" ".join(key.read().split()[:2]))
    refused("a host with another key than known_hosts says is refused",
            "Host key verification failed")
    server.know()
    server.client(identity="other")
    refused("a key that the host does not know is refused", "Permission denied")
    server.client()
    good = store.path("two")
    done = store.run("import", "store", "--keep-going", "ssh:there:/nowhere",
                     f"ssh:there:{good}", store=store.path("kept"))
    names = store.json("status", store=store.path("kept"))["workloads"]
    checks.check("--keep-going leaves the bad ones out and says so",
                 done.returncode == 1 and "1 of 2 stores were refused" in done.stderr and
                 "/nowhere" in done.stdout and len(names) == 3, done.stdout + done.stderr)


def lies(store):
    """Bytes of a real session, some of them changed: a reason or a store that is whole."""
    two, hub = store.path("two"), store.path("lied")
    store.json("import", "store", f"ssh:there:{two}", store=store.path("liar"))
    with open(store.path("sent"), "rb") as file:
        said = file.read()
    folder = store.path("liars")
    os.makedirs(folder)
    write(os.path.join(folder, "ssh"), f"#!/bin/sh\ncat {store.path('lie')}\n", 0o755)
    environment = dict(os.environ, HEADROOM_DATA=hub, TZ="UTC",
                       PATH=folder + ":" + os.environ["PATH"])
    draw = random.Random(int(SEED))
    bad, refused = [], 0
    for turn in range(LIES):
        lie = bytearray(said)
        for _ in range(draw.randint(1, 4)):
            if turn % 4 == 3:  # among the heads and texts at the begin
                at = draw.randrange(min(2000, len(lie)))
            else:
                at = draw.randrange(len(lie))
            lie[at] = draw.choice((0, 1, 0x7f, 0xff, draw.randrange(256)))
        if turn % 5 == 4:
            del lie[draw.randrange(len(lie)):]
        with open(store.path("lie"), "wb") as file:
            file.write(lie)
        done = subprocess.run([ANALYZE, "import", "store", "ssh:x:/y"], env=environment,
                              capture_output=True, text=True, errors="replace", check=False)
        refused += done.returncode == 1
        if done.returncode not in (0, 1) or len(done.stderr.splitlines()) > 1:
            bad.append(f"turn {turn}: code {done.returncode}: {done.stderr[-200:]}")
    whole = store.run("fsck", store=hub)
    checks.check(f"{LIES} lies: each is refused with a reason or harmless",
                 not bad and refused > LIES / 8 and whole.returncode == 0,
                 f"{refused} refused; {bad[:3]} {whole.stdout[-200:]}")


def main():
    reason = why_not()
    if reason:
        checks.skip("import by ssh", reason)
        checks.finish()
    with Store() as store:
        paths = bitbrains.generate(store.path("traces"), SEED, machines=3, days=4)
        os.makedirs(store.path("sshd"))
        with Sshd(store.path("sshd"), far_end(store) + ":/usr/bin:/bin") as server:
            os.environ["PATH"] = server.bin + ":" + os.environ["PATH"]
            whole = brings(store, paths)
            decides(store)
            resumes(store, paths, whole)
            refuses(store, server)
            lies(store)
            grows(store)
    checks.finish()


main()

"""`make install` into a folder: what must be there for a person (completion, pages, settings,
examples), that completion completes, and that `make uninstall` leaves the settings alone."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
from harness import BUILD, TOP, check, finish, skip  # noqa: E402

ANALYZE = os.path.join(BUILD, "analyze")


def run(*words, **more):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, timeout=120, check=False, **more)
    return done.returncode, done.stdout


def make(target, top):
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}
    return run("make", "-s", "-C", TOP, target, "DESTDIR=" + top, "PREFIX=/usr",
               "BUILD=" + os.environ.get("BUILD", "build"), env=env)


def verbs():
    text = run(ANALYZE, "help")[1].split("options of all verbs")[0]
    return re.findall(r"(?m)^  ([a-z][a-z-]*) ", text)


def files(top):
    return {os.path.relpath(os.path.join(where, name), top)
            for where, _, names in os.walk(top) for name in names}


def pages(top, there):
    for verb in verbs():
        name = "usr/share/man/man1/analyze-%s.1" % verb
        if name not in there:
            check("a page for " + verb, False, "none")
            continue
        if shutil.which("man"):
            code, text = run("man", "--warnings", "-E", "UTF-8", "-l", os.path.join(top, name),
                             env=dict(os.environ, MANWIDTH="80", PAGER="cat", MANPAGER="cat"))
            check("the page of " + verb, code == 0 and "analyze" in text and
                  not re.search(r"(?m)^(troff|groff|mandoc|man|<standard input>).*: ", text), text)
        else:
            check("the page of " + verb, os.path.getsize(os.path.join(top, name)) > 500)


def bash(top, path, line, data):
    """What bash offers for the last word of the line."""
    words = line.split(" ")
    script = ". %s/usr/share/bash-completion/completions/analyze\n" \
        "compopt() { :; }\nCOMP_WORDS=(%s)\nCOMP_CWORD=%d\n_analyze\n" \
        "printf '%%s\\n' \"${COMPREPLY[@]}\"" % (
            top, " ".join("'%s'" % w for w in words), len(words) - 1)
    return run("bash", "-c", script, cwd=data,
               env=dict(os.environ, PATH=path, HEADROOM_DATA=data))[1].split("\n")


def completion(top, work):
    path = os.path.abspath(os.path.join(top, "usr/bin")) + ":" + os.environ["PATH"]
    data = os.path.join(work, "data")
    with open(os.path.join(work, "in.csv"), "w") as out:
        out.write("time,workload,memory_used_bytes\n")
        for name in ("mail", "maillog", "erp db"):
            out.writelines("%d,%s,5\n" % (1772323200 + 300 * k, name) for k in range(9))
    code, text = run(ANALYZE, "import", "csv", os.path.join(work, "in.csv"), "--data", data)
    check("the store", code == 0, text)
    rows = (("analyze pea", "peaks"), ("analyze peaks --det", "--detail"),
            ("analyze peaks --format c", "csv"), ("analyze verdict --profile plai", "plain"),
            ("analyze peaks mai", "maillog"), ("analyze peaks er", "erp db"),
            ("analyze workload ren", "rename"), ("analyze plan --demand al", "aligned"),
            ("analyze help verd", "verdict"), ("analyze check -", "-w"))
    for line, wanted in rows:
        got = bash(top, path, line, data)
        check("bash: %s" % line, wanted in got and "backtest" not in got, got)
    got = bash(top, path, "analyze pack --format c", data)
    check("bash: formats are those of the verb", not any(got), got)
    script = os.path.join(top, "usr/share/fish/vendor_completions.d/analyze.fish")
    if shutil.which("fish"):
        env = dict(os.environ, PATH=path, HEADROOM_DATA=data, HOME=work)
        for line, wanted in rows[:7]:
            code, text = run("fish", "--no-config", "-c",
                             "source %s; complete -C '%s'" % (script, line), env=env)
            check("fish: %s" % line, wanted in text and code == 0, text)
    else:
        skip("fish completes", "fish is not installed")
    if shutil.which("zsh"):
        code, text = run("zsh", "-n", os.path.join(top, "usr/share/zsh/site-functions/_analyze"))
        check("zsh reads its file", code == 0 and text == "", text)
    else:
        skip("zsh reads its file", "zsh is not installed")


def main():
    work = tempfile.mkdtemp(prefix="headroom-install-")
    top = os.path.join(work, "root")
    try:
        code, text = make("install", top)
        check("make install", code == 0, text)
        there = files(top)
        for name in ("usr/bin/analyze", "usr/bin/collectord", "etc/headroom/collectord.conf",
                     "usr/libexec/headroom/headroom-solver",
                     "usr/lib/systemd/system/collectord.service",
                     "usr/lib/sysusers.d/headroom.conf",
                     "usr/share/doc/headroom/examples/hosts.json",
                     "usr/share/doc/headroom/cost.md"):
            check("installed: " + name, name in there, sorted(there))
        with open(os.path.join(top, "usr/lib/systemd/system/collectord.service")) as unit:
            check("the unit names the program", "ExecStart=/usr/bin/collectord" in unit.read())
        pages(top, there)
        completion(top, work)
        config = os.path.join(top, "etc/headroom/collectord.conf")
        with open(config, "a") as out:
            out.write("interval = 5s\n")
        make("install", top)
        with open(config) as source:
            check("a second install keeps the settings", "interval = 5s\n" in source.read())
        code, text = make("uninstall", top)
        check("make uninstall leaves the settings alone", code == 0 and
              files(top) == {"etc/headroom/collectord.conf"}, (text, files(top)))
        with open(os.path.join(TOP, "debian/changelog")) as source:
            version = re.match(r"headroom \(([0-9.]+)\)", source.read()).group(1)
        check("the package has the version of the programs",
              run(ANALYZE, "--version")[1].endswith(" %s\n" % version), version)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    finish()


main()

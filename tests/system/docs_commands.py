"""Commands that README, the tutorial and the how-tos show: the verb is there, and knows
every option (howto.py runs those of the how-tos)."""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
from harness import BUILD, TOP, check, finish  # noqa: E402


def help_of(*words):
    return subprocess.run([os.path.join(BUILD, "analyze"), "help"] + list(words),
                          stdout=subprocess.PIPE, universal_newlines=True, check=False)


COMMON = set(re.findall(r"(?m)^  (--[a-z-]+)", help_of().stdout))


def wrong_with(command):
    words = command.split()
    known = help_of(words[1])
    if known.returncode:
        return "no verb %s" % words[1]
    text = known.stdout
    options = set(re.findall(r"(?m)^  (--[a-z-]+)", text)) | COMMON
    letters = set(re.findall(r"\s(-[a-zA-Z])[ :]", text)) | {"-o", "-q", "-h"}
    return [w for w in words[2:] if (w.startswith("--") and w not in options) or
            (re.fullmatch("-[a-zA-Z]", w) and w not in letters)]


for name in ("README.md", "docs/tutorial.md", "docs/howto.md"):
    with open(os.path.join(TOP, name), encoding="utf-8") as source:
        blocks = re.findall(r"(?s)```\n(.*?)```", source.read())
    commands = [re.split(r" +#|>|;", line.strip())[0] for block in blocks
                for line in block.splitlines() if line.strip().startswith("analyze ")]
    check("%s shows commands" % name, len(commands) > 5, commands)
    for one in commands:
        check("%s: %s" % (name, one.strip()), not wrong_with(one), wrong_with(one))
check("a wrong option is noticed", wrong_with("analyze peaks --no-such"))
finish()

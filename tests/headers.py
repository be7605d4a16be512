"""What a header tells of the functions that it declares:

    each has a comment above it or in its paragraph (the lines between two empty ones); in
    a header of up to three functions the comment at its top may speak for all.  Pairs
    that HOUSE_STYLE names need none: ..._done, ..._free, ..._close accept NULL or what is
    half made, and give nothing back.
    An int says what comes back: an errno, 0, 1 or "returns", there or at the top.
    What hands out a pointer (**ret_..., or a result) says whose it is; one to something
    const is borrowed, as anywhere in the tree.

Prints one line for each check, "ok NAME" or "FAIL NAME: what"; exit 1 where one fails.
"""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ("common", "schema", "probes", "store", "collectord", "analyze")
FEW = 3
COMMENT = re.compile(r"/\*.*?\*/", re.S)
BODY = re.compile(r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}")
DECLARATION = re.compile(
    r"^(?!struct \w+ *\{|enum \w* *\{|typedef|extern|static const|static_assert|\})"
    r"((?:static inline )?[\w *]+?[ *])(\w+)\(((?:[^()]|\([^()]*\))*)\)"
    r"(?:\s*__attribute__\(\(.*?\)\)\))?\s*[;{]", re.M | re.S)
PAIR = re.compile(r"_(?:done|free|close)$")
COMES_BACK = re.compile(r"[Rr]eturns?\b|-E[A-Z0-9]+|\berrno\b|\b0[,:;]|\b0 or\b|\b1[,:;]|"
                        r"\b1 (?:when|where|or)\b|-1\b")
OWNER = re.compile(r"\b[Ff]rees?\b|\bfreed\b|\w+_(?:free|done|close|end)\b|borrow|\bowns?\b|"
                   r"caller|no-op|gives? (?:it )?away|takes? over")


def paragraphs(text):
    """(first line, text) of the runs of lines between empty ones; a body or a comment is
    not torn apart."""
    run, start, depth, is_comment = [], 0, 0, False
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() and depth == 0 and not is_comment:
            if run:
                yield start, "\n".join(run)
            run = []
            continue
        if not run:
            start = number
        run.append(line)
        rest = line
        while rest:
            end = rest.find("*/" if is_comment else "/*")
            part = rest if end < 0 else rest[:end]
            if not is_comment:
                depth += part.count("{") - part.count("}")
            if end < 0:
                break
            is_comment = not is_comment
            rest = rest[end + 2:]
    if run:
        yield start, "\n".join(run)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def declared(text):
    """(line, type, name, parameters, comments of its paragraph) of each function."""
    for first, paragraph in paragraphs(text):
        code = COMMENT.sub(blank, paragraph)
        code = re.sub(r"^#(?:.*\\\n)*.*$", blank, code, flags=re.M)
        code = BODY.sub(lambda m: "{" + "\n" * m.group(0).count("\n") + "}", code)
        comments = " ".join(COMMENT.findall(paragraph))
        for match in DECLARATION.finditer(code):
            yield (first + code[:match.start()].count("\n"), match.group(1).strip(),
                   match.group(2), match.group(3), comments)


def judge(path, text):
    """The three lists of what is missing."""
    untold, unreturned, unowned = [], [], []
    top = COMMENT.match(text)
    top = top.group(0) if top else ""
    rows = [row for row in declared(text) if not PAIR.search(row[2])]
    for line, kind, name, parameters, comments in rows:
        where = "%s:%d %s" % (path, line, name)
        told = comments or (top if len(rows) <= FEW else "")
        if not told:
            untold.append(where)
        if kind.replace("static inline ", "") in ("int", "ssize_t") and \
                not COMES_BACK.search(comments + top):
            unreturned.append(where)
        gives = (kind.endswith("*") and "const" not in kind) or \
            any(re.search(r"\*\*\s*ret_", one) and "const" not in one
                for one in parameters.split(","))
        if gives and not OWNER.search(comments + top):
            unowned.append(where)
    return untold, unreturned, unowned


# The check checks itself: a header that says nothing is found in all three ways.
SILENT = """/* Of things. */
struct thing;

int thing_open(struct thing **ret_thing);
int thing_a(void);
int thing_b(void);
int thing_c(void);
"""


def main():
    names = ("a function of a header has a comment", "an int of a header says what comes back",
             "a pointer that a header hands out has an owner")
    missing = [[], [], []]
    if [len(found) for found in judge("silent.h", SILENT)] != [4, 4, 1]:
        missing[0].append("the check does not see a silent header")
    for folder in FOLDERS:
        for where, _, files in os.walk(os.path.join(TOP, folder)):
            for name in sorted(files):
                if name.endswith(".h"):
                    path = os.path.join(where, name)
                    with open(path, encoding="utf-8") as source:
                        found = judge(os.path.relpath(path, TOP), source.read())
                    for all_of, some in zip(missing, found):
                        all_of.extend(some)
    for name, places in zip(names, missing):
        if places:
            print("FAIL headers %s: %d: %s" % (name, len(places), "; ".join(places[:20])))
        else:
            print("ok headers %s" % name)
    sys.exit(1 if any(missing) else 0)


if __name__ == "__main__":
    main()

"""What mutation_run.py flips: one constant, comparison, operator or field at a time."""
import glob
import os
import re

SWAPS = [("<=", "<"), (">=", ">"), (" < ", " <= "), (" > ", " >= "), ("==", "!="),
         ("!=", "=="), (" + ", " - "), (" - ", " + "), (" * ", " / "), (" += ", " -= "),
         (" && ", " || "), (" || ", " && "), ("fmax(", "fmin("), ("fmin(", "fmax("),
         ("ceil(", "floor(")]
WORDS = [("true", "false"), ("false", "true"), ("RESOURCE_MEMORY", "RESOURCE_CPU"),
         ("RESOURCE_CPU", "RESOURCE_MEMORY"), ("PLAN_CPU", "PLAN_MEMORY"),
         ("PLAN_MEMORY", "PLAN_CPU")]
JSON_WORDS = [("greater", "less"), ("at_least", "greater"), ("at_most", "less"),
              ("less", "greater"), ("disqualify", "review"), ("review", "note"),
              ("all", "any"), ("any", "all"), ("equals", "not")]
NUMBER = re.compile(r"(?<![\w.\"'%])(\d+(?:\.\d+)?)(?![\w.\"'])")
JSON_NUMBER = re.compile(r"(?<=[:\[,] )(\d+(?:\.\d+)?)(?=[\s,}\]])")
FIELD = re.compile(r"\b(\w+)(->|\.)([a-z]\w*)\b(?!\()")
# sizes of room: more of it changes nothing that is meant
ROOM = re.compile(r"char \w+\[|_MAX\b|_BYTES\b|sizeof|^\s+\w+ \w+\[\d+\];")


# the place of a column that people do not see: key, no title, flags, place
UNSEEN_PLACE = re.compile(r'\s*\{ "[^"]*", NULL, [^,]+, (\d+), ')

# Flips that change nothing, by kind, and why.
EQUAL = [
    (re.compile(r"JSON_FIELD_(TEXT|OBJECT|ARRAY|BOOL|ANY), \w+, \w+, \d"),
     re.compile(r"\d"), "only of a number bounds are looked at"),
    (re.compile(r"FACTOR_SIZING, AT\(.*, 0, 0, "), re.compile(r"0$"),
     "only of a number bounds are looked at"),
    (re.compile(r"return r < 0 \?|err_oom"), re.compile(r"$^"), ""),
]


# A column of a document: key, title, flags, place, name in CSV.  Without a key it is for people
# alone, and what they read in texts they read in pages and workbooks (doc_column_in): "in
# texts" is no other flag than none.
COLUMN = re.compile(r'\{ (NULL|"[^"]*"), (NULL|"[^"]*"), ([^,]+), (\d+), (?:NULL|"[^"]*") \}')


def columns_around(lines, number):
    """The columns of the array that the line is in; [] where it is not made of them alone."""
    first, last = number - 1, number - 1
    while first > 0 and COLUMN.search(lines[first - 1]) and "{ {" not in lines[first]:
        first -= 1
    while last + 1 < len(lines) and COLUMN.search(lines[last + 1]):
        last += 1
    if not (re.search(r"doc_column\b.*= \{", lines[first - 1] if first else "") and
            last + 1 < len(lines) and lines[last + 1].strip().startswith("};")):
        return []
    return [hit for line in lines[first:last + 1] for hit in COLUMN.finditer(line)]


def order_of(columns, changed=None, place=0):
    """As people read them: by place, then as they stand; those of COLUMN_LAST at the end."""
    rows = [(99 if "COLUMN_LAST" in hit[3] else place if hit[0] == changed else int(hit[4]), i)
            for i, hit in enumerate(columns) if hit[2] != "NULL"]
    return [i for _, i in sorted(rows)]


def equal_column(lines, number, column, old, new):
    for hit in COLUMN.finditer(lines[number - 1]):
        if (column, old, new, hit[1]) == (hit.start(3), "0", "1", "NULL"):
            return "what is for people alone is in texts, pages and workbooks by either flag"
        # of tables that stand in one another the columns are in one order
        if column == hit.start(4) and not any("doc_shape(" in line for line in lines):
            around = columns_around(lines, number)
            if around and order_of(around) == order_of(around, hit[0], int(new)):
                return "its columns stand in the same order"
    return ""


def equal_by_kind(mutant):
    """Why nothing that a test could see is different; "" where something is."""
    return mutant.get("equal") or next((reason for line, old, reason in EQUAL if reason and
                                        old.match(mutant["old"].strip()) and
                                        line.search(mutant["text"])), "")


def blank_texts(code):
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda m: '"' + "_" * (len(m[0]) - 2) + '"', code)


def more(number):
    return "1" if number == "0" else "%g" % (float(number) + 1)


def flips_of_json(line):
    for old, new in JSON_WORDS:
        for hit in re.finditer('"%s"' % old, line):
            yield hit.start(), hit[0], '"%s"' % new
    for hit in JSON_NUMBER.finditer(line):
        yield hit.start(1), hit[1], more(hit[1])


def flips_of_c(line, siblings):
    code = blank_texts(line.split("/*")[0].split("//")[0])
    for old, new in SWAPS:
        for hit in re.finditer(re.escape(old), code):
            # of "<=" and "==" neither a shift nor an arrow
            if old not in ("<=", ">=") or code[hit.start() - 1] not in "<>-":
                yield hit.start(), old, new
    for old, new in WORDS:
        for hit in re.finditer(r"\b%s\b" % old, code):
            yield hit.start(), old, new
    unseen = UNSEEN_PLACE.match(code)
    if not ROOM.search(code):
        for hit in NUMBER.finditer(code):
            if not unseen or unseen.start(1) != hit.start(1):
                yield hit.start(1), hit[1], more(hit[1])
    for hit in FIELD.finditer(code):
        others = sorted(siblings.get(hit[1], set()) - {hit[3]})
        if others:  # one of them, the same in each run
            yield hit.start(3), hit[3], others[len(hit[3]) % len(others)]


def candidates(path, text):
    """(line number, column, old, new) of every flip in a file; no comments, no texts."""
    siblings = {}
    if not path.endswith(".json"):
        for hit in FIELD.finditer(blank_texts(text)):
            siblings.setdefault(hit[1], set()).add(hit[3])
    in_comment = False
    for number, line in enumerate(text.splitlines(), 1):
        if path.endswith(".json"):
            for flip in flips_of_json(line):
                yield (number,) + flip
            continue
        is_code = not in_comment and not line.lstrip().startswith(("#", "*", "/*"))
        in_comment = ("/*" in line or in_comment) and "*/" not in line
        if is_code:
            for flip in flips_of_c(line, siblings):
                yield (number,) + flip


def pool_of(tree, patterns):
    for pattern in patterns:
        for path in sorted(glob.glob(os.path.join(tree, pattern))):
            name = os.path.relpath(path, tree)
            with open(path) as file:
                text = file.read()
            whole = text.splitlines()
            lines = [line.strip() for line in whole]
            for number, column, old, new in candidates(name, text):
                line = lines[number - 1]
                yield {"file": name, "line": number, "column": column, "old": old,
                       "new": new, "text": line, "nth": lines[:number].count(line),
                       "equal": equal_column(whole, number, column, old, new)}


def key_of(mutant):
    return tuple(mutant[name] for name in ("file", "text", "nth", "column", "old", "new"))


def told(mutant):
    return "%s:%d: %s -> %s   %s" % (mutant["file"], mutant["line"], mutant["old"].strip(),
                                     mutant["new"].strip(), mutant["text"])

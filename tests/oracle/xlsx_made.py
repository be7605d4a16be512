"""A workbook from lists, in the standard library: what tests give to the importer."""
import io
import zipfile

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def letters(n):
    return (letters(n // 26 - 1) if n >= 26 else "") + chr(ord("A") + n % 26)


def workbook(sheets, extra=(), shared=None, raw_sheet=None):
    """The bytes of an .xlsx; texts are shared, numbers stand for themselves."""
    strings = []
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        z.writestr("[Content_Types].xml", "<Types/>")
        names = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="rId{i}"/>'
                        for i, n in enumerate(sheets, 1))
        z.writestr("xl/workbook.xml", f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets>{names}'
                   "</sheets></workbook>")
        z.writestr("xl/_rels/workbook.xml.rels", "<Relationships>" + "".join(
            f'<Relationship Id="rId{i}" Target="worksheets/sheet{i}.xml"/>'
            for i in range(1, len(sheets) + 1)) + "</Relationships>")
        for i, rows in enumerate(sheets.values(), 1):
            text = []
            for r, row in enumerate(rows, 1):
                cells = ""
                for c, value in enumerate(row):
                    if value is None:
                        continue
                    ref = f'r="{letters(c)}{r}"'
                    if isinstance(value, str):
                        if value not in strings:
                            strings.append(value)
                        cells += f'<c {ref} t="s"><v>{strings.index(value)}</v></c>'
                    else:
                        cells += f"<c {ref}><v>{value}</v></c>"
                text.append(f'<row r="{r}">{cells}</row>')
            z.writestr(f"xl/worksheets/sheet{i}.xml", raw_sheet or
                       f'<worksheet {MAIN}><dimension ref="A1:XFD1048576"/><sheetData>'
                       + "".join(text) + "</sheetData></worksheet>")
        z.writestr("xl/sharedStrings.xml", shared or f"<sst {MAIN}>" + "".join(
            f"<si><t>{s}</t></si>" for s in strings) + "</sst>")
        for name, content in extra:
            z.writestr(name, content)
    return out.getvalue()

"""Documents as programs write them, made on the spot: Word, PowerPoint, PDF, pictures."""

import io
from collections.abc import Sequence
from typing import Any

from PIL import Image

from tests.knowledge.importing.files import zip_of

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_IMAGE = "/Type /XObject /Subtype /Image /Width 10 /Height 10 /ColorSpace /DeviceGray /BitsPerComponent 8"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_REL = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)


def png(colour: str = "red", size: tuple[int, int] = (60, 60)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def heading(words: str, level: int = 1) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="H{level}"/></w:pPr><w:r><w:t>{words}</w:t></w:r></w:p>'


def paragraph(words: str, *, bold: bool = False) -> str:
    return f"<w:p><w:r>{'<w:rPr><w:b/></w:rPr>' if bold else ''}<w:t xml:space='preserve'>{words}</w:t></w:r></w:p>"


def table(*rows: Sequence[str]) -> str:
    cells = ["".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows]
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def drawing(words: str = "") -> str:
    return (
        "<w:p><w:r><w:drawing>"
        '<wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
        f'<wp:docPr id="1" name="p" descr="{words}"/><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
        '<a:graphicData><pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill>'
        f'<a:blip xmlns:r="{_R}" r:embed="rId7"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline>'
        "</w:drawing></w:r></w:p>"
    )


def docx_of(*blocks: str, picture: bytes | None = None, extra: dict[str, bytes] | None = None) -> bytes:
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="H{n}"><w:name w:val="heading {n}"/></w:style>' for n in range(1, 7)
    )
    relations = f'<Relationship Id="rId1" Type="{_R}/styles" Target="styles.xml"/>'
    files = {
        "[Content_Types].xml": _TYPES.encode(),
        "_rels/.rels": f'<Relationships xmlns="{_REL}"><Relationship Id="rId1" Type="{_R}/officeDocument" '
        'Target="word/document.xml"/></Relationships>'.encode(),
        "word/document.xml": f"<w:document {_W}><w:body>{''.join(blocks)}</w:body></w:document>".encode(),
        "word/styles.xml": f"<w:styles {_W}>{styles}</w:styles>".encode(),
    }
    if picture is not None:
        files["word/media/image1.png"] = picture
        relations += f'<Relationship Id="rId7" Type="{_R}/image" Target="media/image1.png"/>'
    files["word/_rels/document.xml.rels"] = f'<Relationships xmlns="{_REL}">{relations}</Relationships>'.encode()
    return zip_of({**files, **(extra or {})})


def pptx_of(*slides: tuple[str, Sequence[str]], picture: bytes | None = None) -> bytes:
    from pptx import Presentation
    from pptx.util import Inches

    deck: Any = Presentation()
    for title, lines in slides:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = "\n".join(lines)
    if picture is not None:
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = "表格"
        slide.shapes.add_picture(io.BytesIO(picture), Inches(1), Inches(2))
        cells = slide.shapes.add_table(2, 2, Inches(4), Inches(4), Inches(4), Inches(1)).table
        for n, words in enumerate(("项目", "价格", "安装", "99|元")):
            cells.cell(n // 2, n % 2).text = words
    deck.core_properties.title = ""
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def pdf_of(*pages: Sequence[tuple[int, str]], scan: bool = False, encrypt: bool = False) -> bytes:
    """Pages of (font size, words), one below the other; with `scan` a page of one grey picture only."""
    objects: list[bytes] = [b"", b""]

    def add(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    descendant = add(
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) "
        b"/Ordering (GB1) /Supplement 2 >> /DW 1000 /FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light "
        b"/Flags 6 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >> >>"
    )
    font = add(
        f"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H "
        f"/DescendantFonts [{descendant} 0 R] >>".encode()
    )
    image = add(
        _stream(
            b"\x80" * 100,
            _IMAGE,
        )
    )
    kids = []
    for lines in pages or [()]:
        parts, top = [], 780
        for size, words in lines:
            parts.append(f"BT /F1 {size} Tf 60 {top} Td <{words.encode('utf-16-be').hex()}> Tj ET")
            top -= round(size * 1.8)
        if scan:
            parts.append("q 400 0 0 600 50 100 cm /I1 Do Q")
        content = add(_stream("\n".join(parts).encode(), ""))
        kids.append(
            add(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {content} 0 R /Resources << /Font << "
                f"/F1 {font} 0 R >> /XObject << /I1 {image} 0 R >> >> >>".encode()
            )
        )
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>".encode()
    trailer = "/Root 1 0 R"
    if encrypt:
        secret = add(b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"11" * 32 + b"> /U <" + b"22" * 32 + b"> >>")
        trailer += f" /Encrypt {secret} 0 R /ID [<{'00' * 16}> <{'00' * 16}>]"
    out = bytearray(b"%PDF-1.5\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    out += f"trailer << /Size {len(objects) + 1} {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def _stream(data: bytes, keys: str) -> bytes:
    return f"<< {keys} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"

#!/usr/bin/env python3
"""Writes the binary seeds of the corpus (gzip, zstd, lines, frame_toc) into corpus/. Run it after changing it, and
commit what it wrote; the other corpora are written by hand. Needs the zstd program."""

from __future__ import annotations

import gzip
import struct
import subprocess
import zlib
from pathlib import Path

CORPUS = Path(__file__).resolve().parent / "corpus"
TEXT = b'{"messages":[{"role":"user","content":"hi"}]}\n'
BOMB = 1 << 18  # bytes of content: past the targets' limit, small on disk


def gz(content: bytes, level: int = 9) -> bytes:
    return gzip.compress(content, level, mtime=0)


def deflated(content: bytes, strategy: int) -> bytes:
    maker = zlib.compressobj(9, zlib.DEFLATED, 31, 8, strategy)
    return maker.compress(content) + maker.flush()


def zst(content: bytes, *options: str) -> bytes:
    return subprocess.run(["zstd", "-q", "-c", *options], input=content, stdout=subprocess.PIPE, check=True).stdout


def gzip_seeds() -> dict[str, bytes]:
    good = gz(TEXT)
    named = good[:3] + bytes([0x1E]) + good[4:10] + b"\x02\0abname\0note\0\0\0" + good[10:]
    return {
        "empty": b"",
        "empty_content": gz(b""),
        "small": good,
        "stored": gz(TEXT, 0),
        "fixed_codes": deflated(TEXT, zlib.Z_FIXED),
        "huffman_only": deflated(TEXT * 4, zlib.Z_HUFFMAN_ONLY),
        "two_members": good + gz(b"more"),
        "cut": good[:-4],
        "cut_header": good[:7],
        "wrong_crc": good[:-8] + b"\0\0\0\0" + good[-4:],
        "wrong_size": good[:-4] + b"\xff\xff\xff\xff",
        "wrong_method": good[:2] + b"\x07" + good[3:],
        "wrong_block": good[:10] + b"\x07" + good[11:],
        "text_behind": good + b"behind",
        "zeros_behind": good + bytes(16),
        "member_cut_behind": good + good[:12],
        "header_fields": named,
        "zlib_not_gzip": zlib.compress(TEXT),
        "limit": gz(bytes(64 << 10)),
        "limit_and_one": gz(bytes((64 << 10) + 1)),
        "bomb": gz(bytes(BOMB)),
        "bomb_of_members": gz(bytes(4096)) * 12,
    }


def zstd_seeds() -> dict[str, bytes]:
    good = zst(TEXT, "--no-check")
    skippable = struct.pack("<II", 0x184D2A50, 4) + b"skip"
    return {
        "empty": b"",
        "empty_content": zst(b""),
        "small": good,
        "checked": zst(TEXT, "--check"),
        "no_size": zst(TEXT, "--no-content-size"),
        "best": zst(TEXT * 8, "-19"),
        "two_frames": good + zst(b"more"),
        "skippable": skippable + good,
        "skippable_only": skippable,
        "skippable_cut": struct.pack("<II", 0x184D2A50, 0xFFFFFFFF) + b"skip",
        "cut": good[:-4],
        "cut_header": good[:5],
        "wrong_checksum": zst(TEXT, "--check")[:-1] + b"\0",
        "wrong_size": good[:5] + b"\xff" + good[6:],
        "wrong_block": good[:6] + b"\xff\xff\xff" + good[9:],
        "text_behind": good + b"behind",
        # A frame that asks for a window of 2 GiB, and one that promises 2^60 bytes.
        "window": b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00",
        "size_huge": b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 1 << 60) + b"\x01\x00\x00",
        "repeated_byte": b"\x28\xb5\x2f\xfd\x20\x40" + struct.pack("<I", 0x40 << 3 | 3)[:3] + b"a",
        "limit": zst(bytes(64 << 10)),
        "limit_and_one": zst(bytes((64 << 10) + 1)),
        "bomb": zst(bytes(BOMB)),
        "not_zstd": TEXT,
    }


def lines_seeds() -> dict[str, bytes]:
    return {
        "empty": b"",
        "one": TEXT,
        "two": TEXT * 2,
        "no_end": b"a\nb",
        "blank": b"\n\n\n",
        "crlf": b"a\r\nb\r\n\r\n",
        "cr_alone": b"a\rb\r",
        "cr_only": b"\r",
        "bom": b"\xef\xbb\xbfa\nb\n",
        "bom_only": b"\xef\xbb\xbf",
        "bom_cut": b"\xef\xbb",
        "nul": b"a\0b\n\0\n",
        "limit": b"a" * 64 + b"\n" + b"b" * 65 + b"\nc\n",
        "limit_crlf": b"a" * 64 + b"\r\n" + b"b" * 63 + b"\r\n",
        "limit_at_end": b"a\n" + b"b" * 65,
        "long": b"a" * 500 + b"\nb\n" + b"c" * 500,
        "gzip": gz(TEXT * 3),
        "gzip_members": gz(b"a\nb") + gz(b"c\nd"),
        "gzip_cut": gz(TEXT * 3)[:-9],
        "gzip_behind": gz(b"a\n") + b"behind",
        "gzip_magic": b"\x1f\x8b",
        "gzip_long": gz(b"a" * 2000 + b"\nb"),
        "zstd": zst(TEXT * 3),
        "zstd_frames": zst(b"a\nb") + zst(b"c\nd"),
        "zstd_cut": zst(TEXT * 3)[:-3],
        "zstd_magic": b"\x28\xb5\x2f\xfd",
    }


def toc(entries: int, items: list[int], *, counts: tuple[int, int] | None = None) -> bytes:
    """A table of contents as docs/sqlite-format.md has it: counts, entries of 48 bytes, items of 24."""
    body = b"".join(
        struct.pack("<QQQqIIII", row, row * 7, row * 13, 1763714400000 + row, row * 100, 100, 1, row % 8)
        for row in range(entries)
    )
    body += b"".join(struct.pack("<QQQ", row, row, row) for row in items)
    return struct.pack("<II", *(counts or (entries, len(items)))) + body


def frame_toc_seeds() -> dict[str, bytes]:
    return {
        "empty": b"",
        "nothing": toc(0, []),
        "one": toc(1, []),
        "three": toc(3, []),
        "items": toc(2, [0, 1, 1]),
        "item_outside": toc(2, [2]),
        "item_far_outside": toc(1, [2**64 - 1]),
        "item_without_entries": toc(0, [0]),
        "cut_counts": toc(0, [])[:5],
        "cut_entry": toc(2, [])[:-1],
        "cut_item": toc(1, [0])[:-8],
        "byte_behind": toc(1, [0]) + b"\0",
        "counts_huge": toc(1, [], counts=(2**32 - 1, 2**32 - 1)),
        "counts_overflow": toc(1, [], counts=(0x05555556, 0)),
        "counts_swapped": toc(0, [0, 0], counts=(1, 0)),
        "zeros": bytes(200),
        "ones": b"\xff" * 56,
    }


def main() -> None:
    for target, seeds in (
        ("gzip", gzip_seeds()),
        ("zstd", zstd_seeds()),
        ("lines", lines_seeds()),
        ("frame_toc", frame_toc_seeds()),
    ):
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in seeds.items():
            (folder / name).write_bytes(content)
        print(f"{target}: {len(seeds)} seeds, at most {max(map(len, seeds.values()))} bytes")


if __name__ == "__main__":
    main()

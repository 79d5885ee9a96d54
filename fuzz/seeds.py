#!/usr/bin/env python3
"""Writes the binary seeds of the corpus (gzip, zstd, lines, frame_toc, spool, archive_part) and its tokens (jwt) into corpus/. Run it after
changing it, and commit what it wrote; the other corpora are written by hand. Needs the zstd program."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
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


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def token(header: object, claims: object, signature: bytes | None = None) -> bytes:
    """Signed with fuzz_jwt.cc's secret unless a signature is given."""
    text = ".".join(b64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    made = hmac.digest(b"secret", text.encode(), hashlib.sha256) if signature is None else signature
    return f"{text}.{b64(made)}".encode()


# RFC 7515, A.2 and A.3: the same claims, signed with RS256 and ES256 by the keys that fuzz_jwt.cc has.
RFC_CLAIMS = (
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)
RFC_RSA = (
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb"
    "F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383"
    "LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWy"
    "wlVmtVrBp0igcN_IoypGlUPQGe77Rw"
)
RFC_EC = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
EC_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "kid": "e",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}


def archive_line(signals: tuple[bytes, ...] = (), hashes: int | None = None, length: int | None = None) -> bytes:
    record = (
        b'{"id":"a1","platform":"web","user_id":"u1","created_at":"2026-11-21T08:40:00.000Z",'
        b'"output":{"role":"assistant","content":"hello"},"schema_version":1'
    )
    written = b",".join(b'"%016x"' % number for number in range(len(signals) if hashes is None else hashes))
    return record + b',"signals":[%b],"content_hash":"1122334455667788","signal_hashes":[%b],"position":0,"interaction_bytes":%d}' % (
        b",".join(signals),
        written,
        len(record) if length is None else length,
    )


def archive_index(*numbers: int) -> bytes:
    """With a checksum of zeros: the target also puts it right."""
    body = bytearray(b"GLNI\x01" + struct.pack("<Q", 0x0102030405060708))
    for number in numbers:
        while number >= 0x80:
            body.append(number & 0x7F | 0x80)
            number >>= 7
        body.append(number)
    return bytes(body) + bytes(8)


def parquet_part() -> bytes:
    """A part in Parquet as docs/archive-format.md has it, but of the lines' column alone."""

    def number(value: int) -> bytes:
        out = bytearray()
        while value >= 0x80:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes((*out, value))

    def integer(value: int) -> bytes:
        return number(value << 1 if value >= 0 else -value * 2 - 1)

    line = archive_line()
    content = struct.pack("<I", len(line)) + line
    packed = zst(content, "--check", f"--stream-size={len(content)}")
    checksum = struct.unpack("<i", struct.pack("<I", zlib.crc32(packed)))[0]
    header = (b"\x15\x00\x15" + integer(len(content)) + b"\x15" + integer(len(packed)) + b"\x15" + integer(checksum)
              + b"\x1c\x15\x02\x15\x00\x15\x06\x15\x06\x00\x00")  # fmt: skip
    group = header + packed
    chunk = b"\x26\x00\x1c\x96\x08\x00\x00"  # its metadata has the place of the page and nothing else
    row_group = b"\x19\x1c" + chunk + b"\x26\x02\x36" + integer(len(group)) + b"\x00"
    metadata = b"\x15\x04\x26\x02\x19\x1c" + row_group + b"\x00"
    return b"PAR1" + group + metadata + struct.pack("<I", len(metadata)) + b"PAR1"


def archive_part_seeds() -> dict[str, bytes]:
    like = b'{"id":"s1","interaction_id":"a1","kind":"like","user_id":"u2","schema_version":1}'
    view = b'{"id":"s2","interaction_id":"a1","kind":"view","user_id":"u2","schema_version":1}'
    plain = archive_line() + b"\n"
    full = archive_line((like, view, view)) + b"\n"
    block = (b"x" * 63) + b"\n"
    milliseconds = 2 * 1795250400000
    return {
        "line": archive_line((like, view, view)),
        "line_without_signals": archive_line(),
        "line_hash_missing": archive_line((like, view), hashes=1),
        "line_hash_too_many": archive_line((like,), hashes=3),
        "line_length_short": archive_line(length=20),
        "line_length_long": archive_line(length=10**9),
        "line_signal_wrong": archive_line((b'{"kind":"like"}',)),
        "line_signals_open": archive_line((b'{"kind":"like"',)),
        "index": archive_index(1, 200, 300, 1, milliseconds, 0, 1, 742006099, 1, 2051032806),
        "index_empty": archive_index(0, 0, 0),
        "index_two_blocks": archive_index(2, 200, 300, 2, milliseconds, 9, 7, 9, 1, 3, 0, 3, 5, 0, 2**32, 1, 7),
        "index_blocks_huge": archive_index(2**63, 1, 1, 1, 0, 0),
        "index_ids_huge": archive_index(1, 9, 9, 1, 0, 0, 2**63),
        "index_gap_huge": archive_index(1, 9, 9, 1, 0, 0, 2, 2**32 - 1, 2**64 - 1, 0),
        "index_time_negative": archive_index(1, 9, 9, 1, 1, 0, 0, 0),
        "index_size_huge": archive_index(1, 2**60, 2**60, 1, 0, 0, 0, 0),
        "block.gz": gz(block),
        "block.zst": zst(block, "--check"),
        "block_short.gz": gz(block[1:]),
        "part.gz": gz(plain) + gz(full + plain),
        "part.zst": zst(plain, "--check") + zst(full + plain, "--check"),
        "part_empty_member.gz": gz(plain) + gz(b""),
        "part_without_line_end.gz": gz(plain[:-1]),
        "part_behind.zst": zst(plain) + b"behind",
        "part_flipped.gz": gz(plain)[:40] + b"\xff" + gz(plain)[41:],
        "part.parquet": (parquet := parquet_part()),
        "part_cut.parquet": parquet[:-9],
        "part_flipped.parquet": parquet[:60] + bytes([parquet[60] ^ 4]) + parquet[61:],
        "part_behind.parquet": parquet + b"behind",
        "row_group": parquet[4:parquet.index(b"\x15\x04\x26\x02\x19\x1c")],
        "metadata": parquet[parquet.index(b"\x15\x04\x26\x02\x19\x1c"):-8],
        "metadata_deep": b"\x1c" * 64,
        "metadata_groups_huge": b"\x49\xfc\xff\xff\xff\xff\x0f\x00",
        "page_lines": struct.pack("<I", 3) + b"{1}" + struct.pack("<I", 2) + b"{}",
        "page_length_huge": b"\xff\xff\xff\xff{}",
    }


def jwt_seeds() -> dict[str, bytes]:
    good = {"exp": 1300819380, "aud": "us", "sub": "ann", "app_metadata": {"gleaner_role": "admin"}}
    hs256 = {"alg": "HS256", "typ": "JWT"}
    signed = token(hs256, good)
    return {
        "empty": b"",
        "dots": b"..",
        "hs256": signed,
        "hs256_cut": signed[:-2],
        "hs256_padded": signed + b"=",
        "none": token({"alg": "none"}, good, b""),
        "audience_list": token(hs256, {**good, "aud": ["them", "us"]}),
        "expired": token(hs256, {**good, "exp": 1}),
        "not_yet": token(hs256, {**good, "nbf": 1300819380, "iat": 1300819380}),
        "exp_text": token(hs256, {**good, "exp": "1300819380"}),
        "payload_array": token(hs256, [good]),
        "rs256": f"{b64(json.dumps({'alg': 'RS256'}, separators=(',', ':')).encode())}.{RFC_CLAIMS}.{RFC_RSA}".encode(),
        "es256": f"{b64(json.dumps({'alg': 'ES256'}, separators=(',', ':')).encode())}.{RFC_CLAIMS}.{RFC_EC}".encode(),
        "es256_named": token({"alg": "ES256", "kid": "e"}, good, bytes(range(64))),
        "es256_zeros": token({"alg": "ES256", "kid": "e"}, good, bytes(64)),
        "rs256_named_ec": token({"alg": "RS256", "kid": "e"}, good, bytes(256)),
        "claims": json.dumps(good).encode(),
        "claims_twice": b'{"exp":1300819380,"exp":1,"aud":"us"}',
        "claims_float": b'{"exp":1300819380.5,"aud":["us"],"nbf":-1e3}',
        "claims_huge": b'{"exp":1e999,"aud":"us"}',
        "header": json.dumps(hs256).encode(),
        "header_critical": b'{"alg":"HS256","crit":["b64"],"b64":false}',
        "header_key": b'{"alg":"HS256","kid":"e","jwk":{"kty":"oct","k":"AAAA"}}',
        "keys": json.dumps({"keys": [EC_KEY]}).encode(),
        "keys_off_curve": json.dumps({"keys": [{**EC_KEY, "y": EC_KEY["x"]}]}).encode(),
        "keys_rsa_short": b'{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"oct","k":"AAAA"}]}',
        "keys_empty": b'{"keys":[]}',
    }


def entry(kind: int, text: bytes, project: bytes = b"default", *, number: int = 7, length: int | None = None) -> bytes:
    """An entry as docs/spool-format.md has it; its checksum is left to the target."""
    payload = struct.pack("<BBHIQ", kind, 1, 0, len(project), number) + project + text
    return struct.pack("<IQ", len(payload) if length is None else length, 0) + payload


def reject(reason: bytes, text: bytes, length: int | None = None) -> bytes:
    size = len(reason) if length is None else length
    return entry(3, struct.pack("<I", size) + reason + text, number=1763714400000)


def group(*entries: bytes, count: int | None = None, size: int | None = None) -> bytes:
    body = b"".join(entries)
    counted = len(entries) if count is None else count
    return b"!GRP" + struct.pack("<IQQ", counted, len(body) if size is None else size, 0) + body


def segment(*groups: bytes, version: int = 1) -> bytes:
    return b"GLNSPOOL" + struct.pack("<IIQQQ", version, 0, 1, 0x0102030405060708, 0) + b"".join(groups)


def spool_seeds() -> dict[str, bytes]:
    one = entry(1, b'{"id":"a","output":"x"}')
    vote = entry(2, b'{"id":"s","interaction_id":"a","kind":"like"}', b"shop")
    good = segment(group(one), group(reject(b"why", b"\xff\0"), one, vote))
    return {
        "empty": b"",
        "header_only": segment(),
        "one": segment(group(one)),
        "three": good,
        "real": (CORPUS.parents[1] / "tests/golden/spool/1.spool").read_bytes(),
        "version_2": segment(group(one), version=2),
        "no_entries": segment(group(), group(one)),
        "zeros_behind": good + bytes(60),
        "half_a_group": good[:-9],
        "half_a_header": good + group(one)[:11],
        "garbage_between": segment(group(one), b"garbage! with a !GRP inside " * 2, group(one)),
        "garbage_behind": good + b"garbage that is longer than a header",
        "count_high": segment(group(one, count=9), group(one)),
        "count_low": segment(group(one, vote, count=1), group(one)),
        "count_huge": segment(group(one, count=2**32 - 1)),
        "size_huge": segment(group(one, size=2**64 - 1)),
        "size_short": segment(group(one, size=20), group(one)),
        "length_high": segment(group(entry(1, b"{}", length=2**32 - 1), one)),
        "length_low": segment(group(entry(1, b"{}", length=3), one)),
        "type_unknown": segment(group(entry(4, b"{}"), one)),
        "project_outside": segment(group(struct.pack("<IQBBHIQ", 16, 0, 1, 0, 0, 99, 0), one)),
        "reason_outside": segment(group(reject(b"why", b"", 2**31), one)),
        "reason_missing": segment(group(entry(3, b"ab"), one)),
        "position": struct.pack("<QQQQQ", 1, 0x0102030405060708, 40, 1, 0),
    }


def main() -> None:
    for target, seeds in (
        ("gzip", gzip_seeds()),
        ("zstd", zstd_seeds()),
        ("lines", lines_seeds()),
        ("frame_toc", frame_toc_seeds()),
        ("spool", spool_seeds()),
        ("archive_part", archive_part_seeds()),
        ("jwt", jwt_seeds()),
    ):
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in seeds.items():
            (folder / name).write_bytes(content)
        print(f"{target}: {len(seeds)} seeds, at most {max(map(len, seeds.values()))} bytes")


if __name__ == "__main__":
    main()

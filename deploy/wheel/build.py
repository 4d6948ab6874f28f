"""Packs the static program as a Python wheel and as a plain tarball, with a file of checksums beside them.

    python3 deploy/wheel/build.py PROGRAM FOLDER

prints the wheel's path. It refuses a program that needs a loader or a library, since the wheel's tags promise that it runs on every
Linux of its processor. One program and one Python make the same bytes: no time, no user and no order of a folder goes in.
"""
import base64
import gzip
import hashlib
import io
import pathlib
import re
import struct
import sys
import tarfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE.parent.parent
PROGRAM_NAME = "defender-update-incident"
MODULE = "defender_update_incident"
LICENSES = ["LICENSE-APACHE", "LICENSE-MIT"]
# The number that ELF has for a processor, and the names that wheels have for it.
PROCESSORS = {62: "x86_64", 183: "aarch64"}
PT_DYNAMIC, PT_INTERP, DT_NULL, DT_NEEDED = 2, 3, 0, 1


def processor(program: bytes) -> str:
    """The processor that a static 64-bit ELF file is for; anything else is refused."""
    if program[:6] != b"\x7fELF\x02\x01":
        raise SystemExit("expected a 64-bit little-endian ELF file, found something else")
    machine = struct.unpack_from("<H", program, 18)[0]
    if machine not in PROCESSORS:
        raise SystemExit(f"expected a program for one of {', '.join(PROCESSORS.values())}, found machine {machine}")
    table, size, count = struct.unpack_from("<Q", program, 32)[0], *struct.unpack_from("<HH", program, 54)
    for at in range(table, table + size * count, size):
        kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", program, at)
        if kind == PT_INTERP:
            raise SystemExit("expected a static program, found one that needs a loader: build it with deploy/build.sh")
        if kind == PT_DYNAMIC:
            for entry in range(offset, offset + length, 16):
                tag = struct.unpack_from("<Q", program, entry)[0]
                if tag == DT_NEEDED:
                    raise SystemExit("expected a static program, found one that needs libraries: build it with deploy/build.sh")
                if tag == DT_NULL:
                    break
    return PROCESSORS[machine]


def package() -> dict:
    """What Cargo.toml says of the package."""
    manifest = (SOURCES / "Cargo.toml").read_text(encoding="utf-8")
    section = manifest.split("[package]\n", 1)[1].split("\n[", 1)[0]
    return dict(re.findall(r'^([\w-]+) = "(.*)"$', section, re.MULTILINE))


def metadata(about: dict) -> str:
    return "\n".join([
        "Metadata-Version: 2.1",
        f"Name: {PROGRAM_NAME}",
        f"Version: {about['version']}",
        f"Summary: {about['description']}",
        f"License: {about['license']}",
        *(f"License-File: {name}" for name in LICENSES),
        "Requires-Python: >=3.8",
        "Description-Content-Type: text/markdown",
        "",
        (HERE / "README.md").read_text(encoding="utf-8"),
    ])


def wheel_files(program: bytes, about: dict, tags: list) -> dict:
    """What is in the wheel, by its name there, but for RECORD."""
    info = f"{MODULE}-{about['version']}.dist-info"
    # `scripts` is the folder that installers put on the environment's PATH, with the mode that the file has here.
    files = {f"{MODULE}-{about['version']}.data/scripts/{PROGRAM_NAME}": program}
    for source in sorted((HERE / MODULE).iterdir()):
        if source.name == "py.typed" or source.suffix == ".py":
            files[f"{MODULE}/{source.name}"] = source.read_bytes()
    files[f"{info}/METADATA"] = metadata(about).encode()
    files[f"{info}/WHEEL"] = "".join([
        "Wheel-Version: 1.0\n",
        f"Generator: {PROGRAM_NAME} {about['version']}\n",
        "Root-Is-Purelib: false\n",
        *(f"Tag: {tag}\n" for tag in tags),
    ]).encode()
    for name in LICENSES:
        files[f"{info}/licenses/{name}"] = (SOURCES / name).read_bytes()
    return files


def record(files: dict, at: str) -> bytes:
    def line(name: str, content: bytes) -> str:
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        return f"{name},sha256={digest},{len(content)}\n"

    return ("".join(line(name, content) for name, content in files.items()) + f"{at},,\n").encode()


def write_wheel(program: bytes, about: dict, folder: pathlib.Path) -> pathlib.Path:
    # Both families of Linux, as a static program needs neither's library. The oldest of each that installers still know.
    platforms = [f"{family}_{processor(program)}" for family in ("manylinux_2_17", "musllinux_1_1")]
    files = wheel_files(program, about, [f"py3-none-{platform}" for platform in platforms])
    at = f"{MODULE}-{about['version']}.dist-info/RECORD"
    files[at] = record(files, at)
    wheel = folder / f"{MODULE}-{about['version']}-py3-none-{'.'.join(platforms)}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in files.items():
            # The earliest time that a zip can hold.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = (0o100755 if "/scripts/" in name else 0o100644) << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    return wheel


def write_tarball(program: bytes, about: dict, folder: pathlib.Path) -> pathlib.Path:
    name = f"{PROGRAM_NAME}-{about['version']}-linux-{processor(program)}"
    tarball = folder / f"{name}.tar.gz"
    contents = {PROGRAM_NAME: program, **{name: (SOURCES / name).read_bytes() for name in ["README.md", *LICENSES]}}
    with open(tarball, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        with tarfile.open(mode="w", fileobj=packed, format=tarfile.USTAR_FORMAT) as archive:
            for entry_name, content in contents.items():
                entry = tarfile.TarInfo(f"{name}/{entry_name}")
                entry.size, entry.mode = len(content), 0o755 if entry_name == PROGRAM_NAME else 0o644
                archive.addfile(entry, io.BytesIO(content))
    return tarball


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    program, folder = pathlib.Path(sys.argv[1]).read_bytes(), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    about = package()
    wheel, tarball = write_wheel(program, about, folder), write_tarball(program, about, folder)
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in (wheel, tarball)]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    print(wheel)


if __name__ == "__main__":
    main()

import { crc32 } from "node:zlib";

/** The name of a place that no cleaned picture may still have. */
export const SECRET = "59.9139N10.7522E";

/** An EXIF block with an orientation, and a text where cameras write the place. */
function exifOf(orientation: number, secret = SECRET): Buffer {
  const text = Buffer.from(`${secret}\0`, "latin1");
  const head = Buffer.from("4d4d002a00000008", "hex");
  const entries = Buffer.alloc(2 + 2 * 12 + 4);
  entries.writeUInt16BE(2, 0);
  entries.set([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0], 2);
  // ImageDescription, as text behind the entries.
  entries.set([0x01, 0x0e, 0, 2, 0, 0, 0, text.length, 0, 0, 0, head.length + entries.length], 14);
  return Buffer.concat([head, entries, text]);
}

const segment = (marker: number, content: Buffer) => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
};

/** Puts into a JPEG all that phones and editors put there, and a second picture behind its end, as for HDR. */
export function tellingJpeg(jpeg: Buffer, orientation: number): Buffer<ArrayBuffer> {
  const exif = segment(0xe1, Buffer.concat([Buffer.from("Exif\0\0"), exifOf(orientation)]));
  const xmp = segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0<x>${SECRET}</x>`));
  const iptc = segment(0xed, Buffer.from(`Photoshop 3.0\0${SECRET}`));
  const many = segment(0xe2, Buffer.from(`MPF\0${SECRET}`));
  const comment = segment(0xfe, Buffer.from(`${SECRET}<script>alert(1)</script>`));
  const start = jpeg.subarray(0, 2);
  return Buffer.concat([start, exif, xmp, iptc, many, comment, jpeg.subarray(2), start, exif, jpeg.subarray(2)]);
}

export function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(content.length, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), framed.length - 4);
  return framed;
}

/** Puts texts, EXIF and a private chunk into a PNG, and bytes behind its end. */
export function tellingPng(png: Buffer, orientation: number): Buffer<ArrayBuffer> {
  const afterHeader = 8 + 25;
  const text = chunk("tEXt", Buffer.from(`Comment\0${SECRET}`));
  const exif = chunk("eXIf", exifOf(orientation));
  const own = chunk("prVt", Buffer.from(SECRET));
  return Buffer.concat([png.subarray(0, afterHeader), text, exif, own, png.subarray(afterHeader), Buffer.from(SECRET)]);
}

/** Puts EXIF and XMP into a WebP, as `VP8X` announces them. */
export function tellingWebp(webp: Buffer, width: number, height: number, orientation: number): Buffer<ArrayBuffer> {
  const part = (type: string, content: Buffer) => {
    const head = Buffer.from(`${type}\0\0\0\0`, "latin1");
    head.writeUInt32LE(content.length, 4);
    return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
  };
  const extended = Buffer.alloc(10);
  extended[0] = 0b1100;
  extended.writeUIntLE(width - 1, 4, 3);
  extended.writeUIntLE(height - 1, 7, 3);
  const parts = [
    part("VP8X", extended),
    webp.subarray(12),
    part("EXIF", exifOf(orientation)),
    part("XMP ", Buffer.from(SECRET)),
  ];
  const body = Buffer.concat([Buffer.from("WEBP"), ...parts]);
  const head = Buffer.from("RIFF\0\0\0\0");
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

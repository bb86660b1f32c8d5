import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { FormMessage } from "../../design/form.tsx";
import { pictureTexts } from "../../texts/pictures.ts";
import { texts } from "../../texts/texts.ts";
import { useTask } from "../base/task.ts";
import { type Crop, moved, sideOf, wholeOf, within, ZOOM_MAX } from "./cropping.ts";
import "./crop.css";

/** The sides of the canvas and of the saved square, in pixels. The server keeps half of the second. */
const SHOWN = 640;
const SAVED = 512;
/** A step of the keyboard: a part of the square, and a factor of the zoom. */
const STEP = 0.05;
const ZOOM_STEP = 1.1;

interface CropDialogProps {
  picture: ImageBitmap;
  isGroup: boolean;
  /** Saves the square. When it rejects, the dialog says why and stays. */
  save: (square: Blob) => Promise<void>;
  onClose: () => void;
}

/** Chooses the square of a picture by pointer, fingers or keys. The canvas shows it as everybody will see it. */
export function CropDialog({ picture, isGroup, save, onClose }: CropDialogProps) {
  const [crop, setCrop] = useState<Crop>(() => wholeOf(picture));
  const canvas = useRef<HTMLCanvasElement>(null);
  const pointers = useRef(new Map<number, { x: number; y: number }>());
  const task = useTask();
  useEffect(() => {
    if (canvas.current) draw(canvas.current, picture, crop, SHOWN);
  }, [picture, crop]);
  const zoomBy = (factor: number) => setCrop((now) => within(picture, { ...now, zoom: now.zoom * factor }));
  const move = (right: number, down: number) => setCrop((now) => moved(picture, now, right, down));

  function onPointerMove(event: PointerEvent & { currentTarget: HTMLElement }) {
    const before = pointers.current.get(event.pointerId);
    if (!before) return;
    const side = event.currentTarget.clientWidth;
    const now = { x: event.clientX, y: event.clientY };
    const [other] = [...pointers.current].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    pointers.current.set(event.pointerId, now);
    const share = pointers.current.size;
    move((now.x - before.x) / side / share, (now.y - before.y) / side / share);
    if (other) zoomBy(distance(now, other) / Math.max(1, distance(before, other)));
  }

  function onKeyDown(event: KeyboardEvent) {
    const arrow = ARROWS[event.key];
    if (arrow) move(-arrow[0] * STEP, -arrow[1] * STEP);
    else if (event.key === "+" || event.key === "=") zoomBy(ZOOM_STEP);
    else if (event.key === "-") zoomBy(1 / ZOOM_STEP);
    else return;
    event.preventDefault();
  }

  const forget = ({ pointerId }: PointerEvent) => void pointers.current.delete(pointerId);
  const confirm = async () => {
    if (await task.run(async () => save(await squareOf(picture, crop)))) onClose();
  };

  return (
    <Dialog
      title={pictureTexts.cropTitle}
      shape="small"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{texts.design.cancel}</Button>
          <Button kind="primary" busy={task.busy} onClick={() => void confirm()}>
            {texts.design.save}
          </Button>
        </>
      }
    >
      <FormMessage text={task.fault} />
      <div class="crop">
        <canvas
          ref={canvas}
          class={isGroup ? "crop-canvas crop-group" : "crop-canvas"}
          width={SHOWN}
          height={SHOWN}
          role="img"
          aria-label={pictureTexts.crop}
          tabIndex={0}
          data-autofocus
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
          }}
          onPointerMove={onPointerMove}
          onPointerUp={forget}
          onPointerCancel={forget}
          onWheel={(event) => {
            event.preventDefault();
            zoomBy(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP);
          }}
          onKeyDown={onKeyDown}
        />
        <label class="crop-zoom">
          <span>{pictureTexts.zoom}</span>
          <input
            type="range"
            min={1}
            max={ZOOM_MAX}
            step={0.01}
            value={crop.zoom}
            onInput={(event) => {
              const zoom = Number(event.currentTarget.value);
              setCrop((now) => within(picture, { ...now, zoom }));
            }}
          />
        </label>
        <p class="field-hint">{pictureTexts.cropHint}</p>
      </div>
    </Dialog>
  );
}

const ARROWS: Record<string, readonly [right: number, down: number] | undefined> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const distance = (a: { x: number; y: number }, b: { x: number; y: number }) => Math.hypot(a.x - b.x, a.y - b.y);

function draw(canvas: HTMLCanvasElement, picture: ImageBitmap, crop: Crop, size: number) {
  const side = sideOf(picture, crop);
  const context = canvas.getContext("2d");
  if (!context) return;
  context.imageSmoothingQuality = "high";
  context.clearRect(0, 0, size, size);
  context.drawImage(picture, crop.x - side / 2, crop.y - side / 2, side, side, 0, 0, size, size);
}

async function squareOf(picture: ImageBitmap, crop: Crop): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = SAVED;
  canvas.height = SAVED;
  draw(canvas, picture, crop, SAVED);
  // Browsers that write no WebP write PNG.
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/webp", 0.92));
  if (!blob) throw new Error(pictureTexts.unreadable);
  return blob;
}

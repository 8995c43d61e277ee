// A mask: for each pixel of a square picture 1 where it is drawn anew, else 0.
const BRUSH = 0.09; // its radius, as a part of the side
const TINT = [234, 88, 12],
  SHARE = 0.7; // of the tint, where the picture is drawn anew

const middle = (i, side) => i >= side / 4 && i < (3 * side) / 4;

// Areas that a button fills: (x, y, side) → whether the pixel is drawn anew.
export const AREAS = {
  left: (x, _y, side) => x < side / 2,
  right: (x, _y, side) => x >= side / 2,
  upper: (_x, y, side) => y < side / 2,
  lower: (_x, y, side) => y >= side / 2,
  middle: (x, y, side) => middle(x, side) && middle(y, side),
  nothing: () => false,
};

export const filled = (area, side) =>
  Uint8Array.from({ length: side * side }, (_, i) =>
    Number(AREAS[area](i % side, Math.floor(i / side), side)),
  );

// The mask with a dab of the brush at (x, y), in pixels.
export function dabbed(mask, side, x, y, value) {
  const radius = Math.max(0.75, BRUSH * side);
  return mask.map((before, i) => {
    const far = Math.hypot((i % side) + 0.5 - x, Math.floor(i / side) + 0.5 - y);
    return far <= radius ? value : before;
  });
}

// RGB bytes of the picture, tinted where it is drawn anew.
export const tinted = (rgb, mask) =>
  rgb.map((level, i) =>
    mask[Math.floor(i / 3)] ? Math.round(SHARE * TINT[i % 3] + (1 - SHARE) * level) : level,
  );

// Numbers and pixels as the server sends them: base64. What was made in this page are bytes already.
export function bytesOf(data) {
  if (data instanceof Uint8Array) return data;
  return Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
}

// Bytes one after another, as one.
export function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function base64Of(bytes) {
  let characters = "";
  for (const byte of bytes) characters += String.fromCharCode(byte);
  return btoa(characters);
}

export const floatsOf = (base64) => new Float32Array(bytesOf(base64).buffer);
export const doublesOf = (base64) => new Float64Array(bytesOf(base64).buffer);

// {name: base64} → {name: floats}.
export const tablesOf = (packed) =>
  Object.fromEntries(Object.entries(packed).map(([name, base64]) => [name, floatsOf(base64)]));

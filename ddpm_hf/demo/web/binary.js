// Numbers and pixels as the server sends them: base64.
export function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

export function base64Of(bytes) {
  let characters = "";
  for (const byte of bytes) characters += String.fromCharCode(byte);
  return btoa(characters);
}

export const floatsOf = (base64) => new Float32Array(bytesOf(base64).buffer);

// {name: base64} → {name: floats}.
export const tablesOf = (packed) =>
  Object.fromEntries(Object.entries(packed).map(([name, base64]) => [name, floatsOf(base64)]));

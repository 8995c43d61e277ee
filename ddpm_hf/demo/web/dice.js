// Gradio's event of a die: a seed from 0 to `most`.
export const thrown = (most) => Math.floor(Math.random() * (most + 1));

// Gradio's event of the Training view: a model's record.
import { answerAt, latest } from "../../web/answers.js";

export const recorded = latest((model) => answerAt(`training/${model}.json`));

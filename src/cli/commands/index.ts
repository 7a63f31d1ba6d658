import { applyCommand } from "./apply.ts";
import type { Command } from "./command.ts";
import { explainCommand } from "./explain.ts";
import { planCommand } from "./plan.ts";
import { showCommand } from "./show.ts";
import { validateCommand } from "./validate.ts";

export const COMMANDS: readonly Command[] = [validateCommand, planCommand, applyCommand, showCommand, explainCommand];

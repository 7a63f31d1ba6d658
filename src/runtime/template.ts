import Handlebars from "handlebars";

/**
 * Compiles a Handlebars template. It may name what it is given and loop over it; naming anything else throws when it is
 * rendered. No helpers beyond Handlebars' own, so a template runs no code. `html`: what is filled in is escaped for HTML,
 * but in triple braces.
 */
export function compileTemplate(source: string, format: "text" | "html"): (values: object) => string {
  const template = Handlebars.create().compile(source, {
    strict: true,
    noEscape: format === "text",
    knownHelpersOnly: true,
  });
  return (values) => template(values);
}

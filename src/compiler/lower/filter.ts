import type { YamlNode } from "../parse/node.ts";
import { field, texts } from "./fields.ts";
import type * as S from "./spec.ts";

export function lowerFilter(row: YamlNode): S.FilterSpec {
  const of = (key: string): S.Located<string>[] | undefined => texts(field(row, key));
  return {
    place: row.place,
    trait: of("trait"),
    source: of("source"),
    position: of("position"),
    method: of("method"),
  };
}

import { describe, expect, it } from "vitest";
import { parsePrompts } from "../../src/runtime/tasks/prompts.ts";
import { SimilarityProject, SPEC } from "./similarity-rig.ts";

describe("a prompt set", () => {
  it("lists the questions of the traits in the spec's order, in the study's format", async () => {
    const turned = SPEC.replace("[sycophancy, hallucination] }", "[hallucination, sycophancy] }");
    const project = new SimilarityProject(turned, { sycophancy: ["“Quoted”?"], hallucination: ["One?", "Two?"] });
    expect((await project.apply("prompts/steering_questions")).outcome).toBe("done");
    const bytes = project.bytes("inference/prompts/steering_questions.json");
    expect(bytes.toString()).toBe(`{
  "prompts": [
    {"id":1,"text":"One?","note":"hallucination"},
    {"id":2,"text":"Two?","note":"hallucination"},
    {"id":3,"text":"“Quoted”?","note":"sycophancy"}
  ]
}
`);
    expect(parsePrompts("p.json", bytes)).toHaveLength(3);
  });

  it.each(["", "null", "[]", '{"prompts": 3}', "{"])("a file that is not one is damaged: %j", (text) => {
    expect(() => parsePrompts("p.json", Buffer.from(text))).toThrow("p.json is not a prompt set any more.");
  });
});

// The responses of a report: filters, and the answers that pass them. What models wrote is only ever set as text.
"use strict";

const PAGE = 20;
const form = document.getElementById("filters");

if (form !== null) {
  const data = JSON.parse(document.getElementById("data").textContent);
  const [list, count, said, more] = ["answers", "count", "shown", "more"].map((id) => document.getElementById(id));
  const { trait, by, at, coherence, order, text } = form.elements;
  let shown = [];

  const unique = (values) => [...new Set(values)];
  const choose = (select, options, wanted) => {
    select.replaceChildren(...options.map(([value, label]) => new Option(label, value, false, value === wanted)));
  };
  const setsOfTrait = () => data.sets.filter((set) => set.trait === trait.value);
  const setsOfBy = () => setsOfTrait().filter((set) => set.by === by.value);
  const fillBy = () => {
    choose(
      by,
      unique(setsOfTrait().map((set) => set.by)).map((name) => [name, name]),
    );
    fillAt();
  };
  const fillAt = () => {
    const sets = setsOfBy();
    const best = sets.find(({ isBest }) => isBest) ?? sets[0];
    choose(
      at,
      sets.map((set) => [set.at, set.isBest ? `${set.at} (best)` : set.at]),
      best?.at,
    );
  };

  const element = (name, className, ...children) => {
    const made = document.createElement(name);
    if (className !== "") made.className = className;
    made.append(...children);
    return made;
  };
  const score = (value) => (value === null ? "–" : value.toFixed(1));
  const change = (value) => (value === null ? "–" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`);
  const side = (title, response, traitScore, coherenceScore) =>
    element(
      "div",
      "",
      element("h4", "", title),
      element("p", "", response === "" ? "(an empty answer)" : response),
      element("div", "scores", `trait ${score(traitScore)}, coherence ${score(coherenceScore)}`),
    );
  const item = ({ question, how, steered, unsteered, delta }) =>
    element(
      "li",
      "",
      element("h3", "", question),
      element(
        "div",
        "pair",
        side("Unsteered", ...unsteered),
        side(`${how}, Δ ${change(delta)}`, ...steered),
      ),
    );

  const rows = () => {
    const set = setsOfBy().find((one) => one.at === at.value);
    if (set === undefined) return [];
    const how = set.by.startsWith("system prompt") ? "With the system prompt" : "Steered";
    const before = new Map((data.unsteered[set.dataset] ?? []).map(([question, ...rest]) => [question, rest]));
    return set.answers.map(([number, ...steered]) => {
      const unsteered = before.get(number) ?? ["", null, null];
      const delta = steered[1] === null || unsteered[1] === null ? null : steered[1] - unsteered[1];
      return { question: data.questions[number], how, steered, unsteered, delta };
    });
  };
  const passes = ({ question, steered, unsteered }) => {
    const wanted = text.value.trim().toLowerCase();
    const least = Number(coherence.value);
    const isCoherent = least === 0 || (steered[2] !== null && steered[2] >= least);
    return isCoherent && [question, steered[0], unsteered[0]].some((one) => one.toLowerCase().includes(wanted));
  };
  const sorted = (found) => {
    if (order.value === "question") return found;
    const sign = order.value === "largest" ? -1 : 1;
    // What has no Δ comes last.
    return found.toSorted((a, b) => sign * ((a.delta ?? sign * Infinity) - (b.delta ?? sign * Infinity)) || 0);
  };

  const showMore = () => {
    const next = shown.slice(list.children.length, list.children.length + PAGE);
    list.append(...next.map(item));
    more.hidden = list.children.length >= shown.length;
  };
  const show = () => {
    const all = rows();
    shown = sorted(all.filter(passes));
    said.textContent = `${by.value}: ${at.value}`;
    const mean = (values) => {
      const known = values.filter((value) => value !== null);
      return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
    };
    const [delta, sound] = [mean(shown.map((one) => one.delta)), mean(shown.map((one) => one.steered[2]))];
    const means = shown.length === 0 ? "" : `: mean Δ ${change(delta)}, mean coherence ${score(sound)}`;
    count.textContent = `${shown.length} of ${all.length} answers${means}`;
    list.replaceChildren();
    showMore();
  };

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", ({ target }) => {
    if (target === trait) fillBy();
    if (target === by) fillAt();
    show();
  });
  more.addEventListener("click", () => {
    const first = list.children.length;
    showMore();
    const next = list.children[first];
    next.tabIndex = -1;
    next.focus();
  });
  choose(
    trait,
    unique(data.sets.map((set) => set.trait)).map((name) => [name, name]),
  );
  fillBy();
  show();
}

// On paper, nothing can be opened: pictures are shown, their numbers are not.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details.pictures:not([open])")];
  for (const details of opened) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of opened) details.open = false;
});

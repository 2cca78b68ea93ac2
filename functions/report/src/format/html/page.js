"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);

  // The theme: that of the system, or one that stays where the browser lets it.
  const themes = ["system", "light", "dark"];
  const button = one("theme");
  const kept = () => { try { return localStorage.getItem("replatform-theme"); } catch { return null; } };
  const show = (theme) => {
    document.documentElement.dataset.theme = theme;
    button.textContent = "Theme: " + theme;
    try { localStorage.setItem("replatform-theme", theme); } catch { /* It is not kept then. */ }
  };
  button.hidden = false;
  show(themes.includes(kept()) ? kept() : "system");
  button.addEventListener("click", () => {
    show(themes[(themes.indexOf(document.documentElement.dataset.theme) + 1) % themes.length]);
  });

  // Tables are sorted by a column, numbers downwards first.
  const value = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.order ?? cell.textContent.trim();
    return text !== "" && !Number.isNaN(Number(text)) ? Number(text) : text;
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
  for (const table of all("table.sortable")) {
    const heads = all("thead th", table);
    heads.forEach((head, column) => {
      const sort = document.createElement("button");
      sort.type = "button";
      sort.textContent = head.textContent;
      head.replaceChildren(sort);
      sort.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const down = before ? before === "ascending" : head.classList.contains("number");
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const rows = [...body.rows].sort((a, b) => compare(value(a, column), value(b, column)));
        body.replaceChildren(...(down ? rows.reverse() : rows));
      });
    });
  }

  // The filter.
  const form = one("filter");
  const articles = all("#list > article");
  const words = new Map(articles.map((article) => [article, article.textContent.toLowerCase()]));
  const filter = () => {
    const { class: kind, application, rule, text } = Object.fromEntries(new FormData(form));
    const has = (list, word) => word === "" || list.split(" ").includes(word);
    const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const article of articles) {
      const { class: kinds, applications, rule: own } = article.dataset;
      const fits = has(kinds, kind) && has(applications, application) && has(own, rule)
        && wanted.every((word) => words.get(article).includes(word));
      article.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    one("count").textContent = shown + " of " + articles.length;
    one("nothing").hidden = shown > 0 || articles.length === 0;
  };
  const set = (values) => {
    form.reset();
    for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
    filter();
  };
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  for (const link of all("a[data-application], a[data-rule]")) {
    link.addEventListener("click", () => set({ class: "", application: link.dataset.application ?? "", rule: link.dataset.rule ?? "" }));
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
      event.preventDefault();
      form.elements.text.focus();
    }
  });
  filter();

  // What a link leads to is shown: it may be folded, or filtered out.
  const reveal = () => {
    const target = location.hash && one(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden && target.matches("article")) set({ class: "" });
    for (let around = target; around; around = around.parentElement) {
      if (around.tagName === "DETAILS") around.open = true;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  // On paper everything is unfolded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    folded.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((details) => { details.open = false; }));
})();

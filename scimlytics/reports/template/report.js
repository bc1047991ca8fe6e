// Draws what the page holds as data. Everything from data goes in as text, never as markup.
(() => {
  "use strict";
  const GLYPHS = { critical: "◆", high: "▲", medium: "●", low: "■", info: "·" };
  const RANK = {
    severity: ["critical", "high", "medium", "low", "info"],
    certainty: ["confirmed", "likely", "suspected", "undecidable"],
    heals: ["no", "after_fix", "yes"],
  };
  const HEALS = { no: "never", after_fix: "after the fix", yes: "yes" };
  const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
  const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

  const said = (value) => String(value).replaceAll("_", " ");

  // Tables

  const word = (kind, value) => {
    if (kind === "severity") {
      return `<span class="sev sev-${escape(value)}"><span aria-hidden="true">${GLYPHS[value] || ""}</span> ${escape(value)}</span>`;
    }
    if (kind === "heals") {
      return `<span class="heals-${escape(value)}">${escape(HEALS[value] || value)}</span>`;
    }
    return escape(value);
  };
  const render = (kind) => (value, type) => {
    if (value === null || value === undefined) {
      return type === "display" ? '<span class="quiet">–</span>' : kind === "number" && type === "sort" ? -Infinity : "";
    }
    if (type === "sort" || type === "type") {
      if (RANK[kind]) return RANK[kind].indexOf(value);
      return kind === "number" ? value : String(value).toLowerCase();
    }
    if (type !== "display") return kind === "word" ? `${value} ${said(value)}` : String(value);
    if (kind === "number") return number.format(value);
    if (kind === "flag") return value ? "yes" : "no";
    if (kind === "time") return escape(String(value).slice(0, 16));
    if (kind === "text") return escape(value);
    if (kind === "word") return escape(said(value));
    return word(kind, value);
  };
  const unfolded = (columns, row) => {
    const list = document.createElement("dl");
    list.className = "unfolded";
    columns.forEach((column, place) => {
      if (!column.detail || row[place] === null || row[place] === "") return;
      const pair = document.createElement("div");
      const term = document.createElement("dt");
      const value = document.createElement("dd");
      term.textContent = column.title;
      value.innerHTML = render(column.kind)(row[place], "display");
      pair.append(term, value);
      list.append(pair);
    });
    return list;
  };
  const more = {
    data: null, orderable: false, searchable: false, className: "more",
    render: () => '<button type="button" aria-expanded="false" aria-label="Details">+</button>',
  };
  const drawn = new Set();
  const drawTable = (id) => {
    if (drawn.has(id)) return;
    drawn.add(id);
    const held = JSON.parse(document.querySelector(`script[data-rows="${id}"]`).textContent);
    if (!held.columns.length) return;
    const count = held.rows.length;
    const folds = held.columns.some((column) => column.detail);
    const shown = held.columns.map((column, place) => [column, place]).filter(([column]) => !column.detail);
    const table = new window.DataTable(document.getElementById(id), {
      data: held.rows,
      columns: [...(folds ? [more] : []), ...shown.map(([column, place]) => ({
        data: place,
        type: column.kind === "number" || RANK[column.kind] ? "num" : "string",
        className: `kind-${column.kind}`,
        render: render(column.kind),
      }))],
      order: [],
      autoWidth: false,
      deferRender: true,
      pageLength: 10,
      lengthMenu: [10, 25, 100],
      searching: count > 5,
      paging: count > 10,
      info: count > 10,
      layout: { topStart: null, topEnd: "search", bottomStart: ["info", "pageLength"], bottomEnd: "paging" },
      language: {
        search: "", searchPlaceholder: "Search", lengthMenu: "_MENU_ a page", emptyTable: "Nothing here.",
        info: "_START_ to _END_ of _TOTAL_", infoEmpty: "none", infoFiltered: "(of _MAX_)",
        aria: { orderable: ": sort", orderableReverse: ": sort the other way", orderableRemove: ": as it was" },
      },
    });
    const named = () => table.table().container().querySelectorAll("nav").forEach((nav) => {
      nav.setAttribute("aria-label", `Pages of ${document.getElementById(id).getAttribute("aria-label")}`);
    });
    table.on("draw", named);
    named();
    table.on("click", "td.more button", (event) => {
      const row = table.row(event.target.closest("tr"));
      const open = !row.child.isShown();
      if (open) row.child(unfolded(held.columns, row.data())).show();
      else row.child.hide();
      event.target.setAttribute("aria-expanded", String(open));
      event.target.textContent = open ? "−" : "+";
    });
  };

  // Charts

  const config = { displaylogo: false, responsive: true, displayModeBar: false };
  const charts = [...document.querySelectorAll("script[data-chart]")].map((script) => ({
    div: document.getElementById(script.dataset.chart),
    figure: JSON.parse(script.textContent),
  }));
  const looks = (dark) => (dark ? window.scimLooks.dark : window.scimLooks.light);
  const drawChart = ({ div, figure }, dark) => {
    const layout = { ...figure.layout, template: looks(dark), autosize: true };
    return window.Plotly.react(div, figure.data, layout, config);
  };
  const drawCharts = (dark) => charts.forEach((chart) => drawChart(chart, dark));

  // The page

  const button = document.getElementById("theme");
  const say = () => {
    const dark = window.scimTheme.isDark();
    button.textContent = dark ? "Light" : "Dark";
    button.setAttribute("aria-pressed", String(dark));
  };
  button.addEventListener("click", () => window.scimTheme.toggle());
  document.addEventListener("themed", () => { say(); drawCharts(window.scimTheme.isDark()); });
  say();

  document.querySelectorAll("table.data").forEach((table) => {
    const folded = table.closest("details");
    if (!folded) drawTable(table.id);
    else folded.addEventListener("toggle", () => folded.open && drawTable(table.id));
  });
  drawCharts(window.scimTheme.isDark());

  document.querySelectorAll("time[datetime]").forEach((time) => {
    const at = new Date(time.getAttribute("datetime"));
    if (Number.isNaN(at.getTime()) || at.getTimezoneOffset() === 0) return;
    const local = at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    time.append(document.createElement("br"), `${local} here`);
  });

  addEventListener("beforeprint", () => {
    drawCharts(false);
    charts.forEach(({ div }) => window.Plotly.relayout(div, { width: 660 }));
  });
  addEventListener("afterprint", () => {
    charts.forEach(({ div }) => window.Plotly.relayout(div, { width: null, autosize: true }));
    drawCharts(window.scimTheme.isDark());
  });
})();

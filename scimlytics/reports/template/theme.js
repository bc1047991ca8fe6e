// Before anything is drawn: the reader's choice, else what the system says.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => { try { return localStorage.getItem("scimlytics-theme"); } catch { return null; } };
  const apply = () => {
    const dark = (kept() || (system.matches ? "dark" : "light")) === "dark";
    document.documentElement.classList.toggle("dark", dark);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    document.dispatchEvent(new CustomEvent("themed"));
  };
  window.scimTheme = {
    isDark: () => document.documentElement.classList.contains("dark"),
    toggle: () => {
      try { localStorage.setItem("scimlytics-theme", window.scimTheme.isDark() ? "light" : "dark"); } catch { /* private mode */ }
      apply();
    },
  };
  system.addEventListener("change", apply);
  apply();
})();

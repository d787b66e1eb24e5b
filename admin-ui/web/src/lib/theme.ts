// Light or dark: the system's choice unless somebody chose here; kept in the browser.

export type Theme = 'system' | 'light' | 'dark';
const order: Theme[] = ['system', 'light', 'dark'];
const key = 'ottla-theme';

export function stored_theme(): Theme {
  try {
    return order.find((theme) => theme === localStorage.getItem(key)) ?? 'system';
  } catch {
    return 'system'; // storage is forbidden here
  }
}

export function next_theme(theme: Theme): Theme {
  return order[(order.indexOf(theme) + 1) % order.length] ?? 'system';
}

export function apply_theme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(key, theme);
  } catch {
    // The choice then holds until the page is left.
  }
}

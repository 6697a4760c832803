// Styles know by this class that scripts run: what only they can do is shown, what stands in for it is not.
document.documentElement.classList.add('js');

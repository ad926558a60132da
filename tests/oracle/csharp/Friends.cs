// The driver makes contexts; programs see only the interfaces.
[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("Oracle")]
